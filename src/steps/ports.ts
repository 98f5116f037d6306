import type { Clock } from '../clock.ts';
import type { DeployOrder, DeployReport } from '../domain/deploys.ts';
import type { Delivery } from '../domain/goal.ts';
import type { Instance, Snapshot } from '../domain/snapshot.ts';
import type { SwitchSettings } from '../domain/traffic.ts';
import type { FleetPort } from '../fleets/fleet.ts';
import type { GatePort } from '../gates/gates.ts';
import type { GreenPort } from '../production/green.ts';
import type { FreezePort } from '../freeze/freeze.ts';
import type { ProductionPort } from '../production/production.ts';
import type { ApprovalsPort } from '../record/approvals.ts';
import type { OutsidePort } from '../traffic/discover.ts';
import type { WayBackPort } from '../way-back/way-back.ts';
import type { WorkPort } from '../work-owner/work.ts';
import type { PreviewPort } from '../traffic/preview.ts';
import type { TrafficPort } from '../traffic/traffic.ts';

/** The outside world of a run. */
export interface Ports {
  readonly fleet: FleetPort;
  readonly traffic: TrafficPort;
  readonly outside: OutsidePort;
  readonly clock: Clock;
  readonly production: ProductionPort;
  readonly green: GreenPort;
  readonly freeze: FreezePort;
  readonly approvals: ApprovalsPort;
  readonly work: WorkPort;
  readonly gates: GatePort;
  readonly preview: PreviewPort;
  readonly wayBack: WayBackPort;
  /** What deploys in place need beside the others. */
  readonly inPlace: InPlace;
}

export interface InPlace {
  readonly deploys: DeploysPort;
  /** How code gets onto a running instance; absent where the config does not say, and then nothing is ever delivered. */
  readonly delivery?: Delivery;
  readonly probe: InstanceProbe;
}

/** What the config decides about a switch. */
export function switchSettings({
  traffic,
  production,
  green: { checks },
  approvals: { terms },
  gates: { gating },
}: Pick<Ports, 'traffic' | 'production' | 'green' | 'approvals' | 'gates'>): SwitchSettings {
  return {
    traffic: traffic.settings,
    verification: production.verification,
    ...(checks.length > 0 && { checks }),
    ...(terms !== 'none' && { approval: terms }),
    ...((gating.gates.length > 0 || gating.bakeS !== undefined) && { gating }),
  };
}

/** The deploys of one run. */
export interface DeploysPort {
  /** Before anything is changed: that these could be started. Rejects with an `OperatorError`. */
  prepare(snapshot: Snapshot, orders: readonly DeployOrder[]): Promise<void>;
  start(snapshot: Snapshot, order: DeployOrder): Promise<void>;
  /** What is known of it; nothing of an attempt that failed before this run. */
  look(snapshot: Snapshot, order: DeployOrder): Promise<DeployReport | undefined>;
  /** @returns whether it is certain that nothing of it is still running */
  stop(snapshot: Snapshot, order: DeployOrder): Promise<boolean>;
  /** Instances that are launched later boot that release. Nothing where the deployer has no pointer. */
  setCurrent(release: string): Promise<void>;
  /** By their ids the releases that these instances say they have fetched by themselves; no proof. */
  fetched(ids: readonly string[]): Promise<Readonly<Record<string, string>>>;
  /** Whether it continues by itself when this process ends. */
  lasts(order: DeployOrder): boolean;
}

/** Asks instances themselves, at their private addresses. */
export interface InstanceProbe {
  /** Whether the config has a drain check. */
  readonly drains: boolean;
  /** `ok`, or what was wrong with the answer. */
  check(instance: Instance, release: string): Promise<string>;
  /** Whether nothing is known to be in flight there; never before the configured time has passed since the first question. */
  isIdle(instance: Instance): Promise<boolean>;
}
