import type { AlarmState, Gate, Judgement } from '../domain/gates.ts';
import { fleetById } from '../domain/queries.ts';
import { isIn, poolsOf, servingFleets } from '../domain/roles.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import type { GatePort, Occasion, Side } from '../gates/gates.ts';
import type { Reads } from './reads.ts';

interface GateReaders {
  readonly gates: Pick<GatePort, 'judge' | 'alarms'>;
}

/** Milliseconds until a gate is asked again: what it looks at does not change any faster. */
const AGAIN_MS: Readonly<Record<Gate['kind'], number>> = {
  probe: 10_000,
  command: 30_000,
  prometheus: 30_000,
  webhook: 60_000,
  alarm: 30_000,
  metric: 30_000,
};

/** The snapshot with what the gates say of the fleet. Each is asked now and then, and once more when the time is over. */
export async function withBake({ gates: port }: GateReaders, snapshot: Snapshot, reads: Reads): Promise<Snapshot> {
  const wanted = reads.bake;
  const fleet = wanted && fleetById(snapshot, wanted.fleet);
  if (wanted === undefined || fleet === undefined) return snapshot;
  const { percent, gates, since, seconds } = wanted;
  const { baked } = snapshot.details ?? {};
  const before = baked?.fleet === fleet.id && baked.percent === percent ? baked : undefined;
  const occasion = occasionOf(snapshot, fleet, { percent, since, seconds });
  const over = since + seconds * 1000;
  const judgements = await Promise.all(
    gates.map(async (gate): Promise<Judgement> => {
      const known = before?.judgements.find((one) => one.gate === gate.name);
      const isDue = known === undefined || isOld(known, gate, snapshot.at) || (known.at < over && snapshot.at >= over);
      if (!isDue) return known;
      return { gate: gate.name, dryRun: gate.dryRun, at: snapshot.at, ...(await port.judge(gate, occasion)) };
    }),
  );
  const now = { fleet: fleet.id, percent, firstAt: before?.firstAt ?? snapshot.at, judgements };
  return { ...snapshot, details: { ...snapshot.details, baked: now } };
}

function isOld({ at }: Judgement, { kind }: Gate, now: number): boolean {
  return now >= at + AGAIN_MS[kind];
}

function occasionOf(
  snapshot: Snapshot,
  fleet: Fleet,
  { percent, since, seconds }: Pick<NonNullable<Reads['bake']>, 'percent' | 'since' | 'seconds'>,
): Occasion {
  const other = servingFleets(snapshot).find((one) => one !== fleet);
  const occasion = { green: sideOf(snapshot, fleet), percent, since, now: snapshot.at, seconds };
  return percent === 100 || other === undefined ? occasion : { ...occasion, blue: sideOf(snapshot, other) };
}

function sideOf(snapshot: Snapshot, fleet: Fleet): Side {
  return { release: fleet.release, pools: poolsOf(snapshot, 'production').filter((pool) => isIn(pool, fleet)) };
}

/** The snapshot with the alarms of these names. */
export async function withAlarms({ gates }: GateReaders, snapshot: Snapshot, { alarms }: Reads): Promise<Snapshot> {
  if (alarms === undefined || alarms.length === 0) return snapshot;
  const seen: readonly AlarmState[] = await gates.alarms(alarms);
  return { ...snapshot, details: { ...snapshot.details, alarms: seen } };
}
