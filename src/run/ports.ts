import type { FleetPort } from '../fleets/fleet.ts';
import type { ProductionPort } from '../production/production.ts';
import type { TrafficPort } from '../traffic/traffic.ts';
import type { Clock } from '../clock.ts';

/** The outside world of a run. */
export interface Ports {
  readonly fleet: FleetPort;
  readonly traffic: TrafficPort;
  readonly clock: Clock;
  /** Absent where the config does not say how production tells its release. */
  readonly production?: ProductionPort;
}
