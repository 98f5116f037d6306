import type { FleetPort } from '../fleets/fleet.ts';
import type { ProductionPort } from '../production/production.ts';
import type { TrafficPort } from '../traffic/traffic.ts';
import type { DiscoveryRequest } from '../traffic/discover.ts';
import type { Clock } from '../clock.ts';
import type { Delivery } from '../domain/goal.ts';
import type { SwitchSettings } from '../domain/traffic.ts';
import type { Deliveries } from './deploys/deliveries.ts';
import type { Probe } from './deploys/instance-probe.ts';

/** The outside world of a run. */
export interface Ports {
  readonly fleet: FleetPort;
  readonly traffic: TrafficPort;
  readonly clock: Clock;
  readonly production: ProductionPort;
  /** What deploys in place need beside the others. */
  readonly inPlace: InPlace;
}

export interface InPlace {
  readonly deliveries: Deliveries;
  /** How code gets onto a running instance; absent where the config does not say, and then nothing is ever delivered. */
  readonly delivery?: Delivery;
  readonly probe: Probe;
  /** See `DiscoveringTraffic.widen`. */
  readonly widen: (wanted: DiscoveryRequest) => Promise<boolean>;
}

/** What the config decides about a switch. */
export function settingsOf({ traffic, production }: Pick<Ports, 'traffic' | 'production'>): SwitchSettings {
  return { traffic: traffic.settings, verification: production.verification };
}
