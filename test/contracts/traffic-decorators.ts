import { systemClock } from '../../src/clock.ts';
import type { Elbv2 } from '../../src/aws/elbv2.ts';
import { TrafficRecorder } from '../../src/probe/traffic-recorder.ts';
import { createDiscovery } from '../../src/traffic/discover.ts';
import { OWNER } from '../support/worlds.ts';
import type { TrafficPort } from '../../src/traffic/traffic.ts';

/** Whatever a run wraps a way of moving traffic in: each must do all that the bare one does. */
export const DECORATORS: Readonly<Record<string, (port: TrafficPort, elbv2: Elbv2) => TrafficPort>> = {
  '': (port) => port,
  ', recorded for a report': (port) => new TrafficRecorder(systemClock).watching(port),
  ', with discovery': (port, elbv2) => createDiscovery(port, elbv2, OWNER),
  ', with discovery and recorded': (port, elbv2) =>
    new TrafficRecorder(systemClock).watching(createDiscovery(port, elbv2, OWNER)),
};
