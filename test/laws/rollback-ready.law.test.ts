import { expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { NO_MARKER } from '../../src/production/production.ts';
import { rollbackNow } from '../../src/run/task/verbs.ts';
import type { RecordedGoal } from '../../src/stores/store.ts';
import { tasks } from '../../tasks/index.ts';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { attachedWorlds } from '../support/attached-worlds.ts';
import { sampled } from '../support/sampled.ts';
import { scaledWorlds } from '../support/scaled-worlds.ts';
import { MARKS, PAIRS, settingsIn, weightedWorlds } from '../support/weighted-worlds.ts';
import { markedWith, OWN_STORE } from '../support/own-store.ts';
import { FULL, PROMOTED, twoFleetWorlds } from '../support/worlds.ts';
import { planFor, type Wishes } from './check.ts';

/** `status` says "Rollback ready" exactly where `rollback --plan` is accepted: the same seconds, or the same refusal. */

/** What a run may have left behind. */
const UNFINISHED: Wishes = [
  ['promote', {}],
  ['rollback', {}],
  ['cleanup', { wait: true, discard: true }],
  ['up', { release: 'C' }],
];

async function recordedIn(snapshot: Snapshot): Promise<readonly (RecordedGoal | undefined)[]> {
  const planned = await Promise.all(UNFINISHED.map(async ([verb, wish]) => planFor(snapshot, verb, wish)));
  const goals = planned.flatMap((one) => (isRefusal(one) ? [] : [one.goal]));
  return [undefined, ...goals.map((goal) => ({ goal, stepsDone: 0, stepsAll: 1, updatedAt: goal.since }))];
}

/** What `rollback --plan` prints: its time, or why not. */
async function planOf(snapshot: Snapshot, recorded: RecordedGoal | undefined) {
  const { traffic, verification } = settingsIn(snapshot);
  const fake = new FakeWorld(snapshot, new VirtualClock(snapshot.at));
  Object.assign(fake.ports, {
    traffic: { ...fake.ports.traffic, settings: traffic },
    production: { ...NO_MARKER, verification },
  });
  const rig = new Rig(fake);
  rig.store.recorded = recorded;
  const exitCode = await rig.begin('rollback', {}, { plan: true });
  const plan = rig.events.find((event) => event.type === 'planned');
  const last = rig.events.at(-1);
  if (exitCode === 0) return { ready: true, seconds: plan?.seconds };
  return { ready: false, why: last?.type === 'finished' && last.message };
}

const WORLDS: readonly (readonly [name: string, worlds: () => Iterable<Snapshot>])[] = [
  ['of fleets that move between groups', () => twoFleetWorlds(2, FULL, PROMOTED, 3)],
  ['of a fleet that was never promoted', () => twoFleetWorlds(1, FULL, {})],
  ['where rules divide production', () => weightedWorlds(MARKS)],
  ['where names do', () => weightedWorlds({ ...PAIRS, byName: true })],
  ['of Auto Scaling groups', scaledWorlds],
  ['of such that move between target groups', () => sampled(attachedWorlds(), 2)],
];

test.each(WORLDS)(
  'in every small world %s, whatever has not ended',
  async (_name, worlds) => {
    const seen = { ready: 0, not: 0 };
    for (const snapshot of worlds()) {
      for (const recorded of await recordedIn(snapshot)) {
        const world = {
          tasks,
          snapshot: markedWith(snapshot),
          recorded,
          settings: settingsIn(snapshot),
          delivery: undefined,
          store: OWN_STORE,
        };
        const said = await rollbackNow(world);
        const { why: _, ...counted } = said;
        expect(said.ready ? counted : said).toEqual(await planOf(snapshot, recorded));
        seen[said.ready ? 'ready' : 'not'] += 1;
      }
    }
    expect(Math.min(seen.ready, seen.not)).toBeGreaterThan(20);
  },
  300_000,
);
