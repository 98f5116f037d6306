import type { FleetPort } from '../fleets/fleet.ts';
import type { ProductionPort } from '../production/production.ts';
import type { TrafficPort } from '../traffic/traffic.ts';
import type { DiscoveryRequest } from '../traffic/discover.ts';
import type { Clock } from '../clock.ts';
import type { Delivery } from '../domain/goal.ts';
import type { Deliveries } from './deploys/deliveries.ts';
import type { Probe } from './deploys/instance-probe.ts';

/** The outside world of a run. */
export interface Ports {
  readonly fleet: FleetPort;
  readonly traffic: TrafficPort;
  readonly clock: Clock;
  /** Absent where the config does not say how production tells its release. */
  readonly production?: ProductionPort;
  /** What deploys in place need beside the others. */
  readonly inPlace?: InPlace;
}

export interface InPlace {
  /** Absent: the config does not say how code gets onto a running instance. */
  readonly deliveries?: Deliveries;
  readonly delivery?: Delivery;
  readonly probe: Probe;
  /** See `DiscoveringTraffic.widen`. */
  readonly widen: (wanted: DiscoveryRequest) => Promise<boolean>;
}
