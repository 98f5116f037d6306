import { describe, expect, test } from 'vitest';
import { isRefusal } from '../../src/domain/goal.ts';
import { members } from '../../src/domain/roles.ts';
import type { Fleet, Snapshot, Target } from '../../src/domain/snapshot.ts';
import { checkedAdvice } from '../../src/run/task/advice.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { tasks } from '../../tasks/index.ts';
import { MARKS, PAIRS, settingsIn, weightedWorlds } from '../support/weighted-worlds.ts';
import { OWN_STORE } from '../support/own-store.ts';
import { FULL, PROMOTED, twoFleetWorlds } from '../support/worlds.ts';
import { planFor, WISHES, type Wishes } from './check.ts';
import { commandsIn, lacksOptions, type Command } from './commands.ts';

/** Of what a refusal or a last sentence advises, and of what is left to do in any world. */

const ALL: readonly Command[] = [...WISHES, ['adopt', { release: '41' }], ['promote', { minHealthy: { count: 5 } }]];

/** These say themselves how long to wait, or which number to give. */
const PASSES = ['draining', 'retained', 'residual-traffic', 'fewer-than-before'];

/** A refusal, or the last sentence of a task that was done, with the world in which it is read. */
async function saidIn(
  start: Snapshot,
  asked: Command,
): Promise<{ snapshot: Snapshot; next: readonly string[]; isRefused: boolean }> {
  const planned = await planFor(start, ...asked);
  if (isRefusal(planned)) return { snapshot: start, next: planned.next, isRefused: true };
  const snapshot = planned.plan.steps.reduce((world, step) => behaviourOf(step).simulate(world), start);
  return { snapshot, next: tasks[asked[0]].standing(snapshot, planned.goal).next, isRefused: false };
}

async function isAccepted(snapshot: Snapshot, command: Command): Promise<boolean> {
  const answer = await planFor(snapshot, ...command);
  return !isRefusal(answer) || PASSES.includes(answer.refused);
}

/** Advice that is not accepted and does not say so, or that cannot be followed; and where something lives, none that helps. */
async function badAdvice(start: Snapshot, asked: Command): Promise<readonly string[]> {
  const { snapshot, next, isRefused } = await saidIn(start, asked);
  const world = { tasks, snapshot, settings: settingsIn(snapshot), store: OWN_STORE, recorded: undefined };
  const found: string[] = [];
  let helps = 0;
  for (const sentence of await checkedAdvice(world, next, { isRefused })) {
    const commands = commandsIn(sentence.replace(/ \(not now: .*/s, ''), asked);
    if (commands.length > 1) found.push(`two commands: ${sentence}`);
    for (const command of commands) {
      const works = !lacksOptions(command) && (await isAccepted(snapshot, command));
      if (works) helps += 1;
      if (works === sentence.includes(' (not now: ')) found.push(sentence);
    }
  }
  const needsHelp = isRefused && isAlive(snapshot) && !isUndecided(snapshot);
  return needsHelp && helps === 0 ? [...found, `nothing that helps: ${next.join(' ')}`] : found;
}

const WORLDS: readonly (readonly [name: string, worlds: () => Iterable<Snapshot>])[] = [
  ['of fleets that move between groups', () => twoFleetWorlds(2, FULL, PROMOTED, 3)],
  ['of fleets that were never promoted', () => twoFleetWorlds(2, { ...FULL, test: ['-', 'healthy'] }, {}, 3)],
  ['where rules divide production', () => weightedWorlds(MARKS)],
  ['where names do', () => weightedWorlds({ ...PAIRS, byName: true })],
];

describe.each(WORLDS)('in every small world %s', (_name, worlds) => {
  test('every advised command is accepted in the same world, or says what is missing', async () => {
    let seen = 0;
    for (const snapshot of worlds()) {
      seen += 1;
      for (const asked of ALL) {
        const found = await badAdvice(snapshot, asked);
        if (found.length > 0)
          throw new Error(`${JSON.stringify(asked)}: ${found.join('; ')} in ${JSON.stringify(snapshot)}`);
      }
    }
    expect(seen).toBeGreaterThan(100);
  }, 120_000);

  test('with a fleet that is alive not every verb refuses, wherever a task was stopped', async () => {
    let seen = 0;
    const known = new Set<string>();
    for (const start of worlds()) {
      for (const snapshot of isAlive(start) ? turnsOf(await stopsOf(start), known) : []) {
        const refusals = isAlive(snapshot) && !isUndecided(snapshot) ? await deadEnd(snapshot) : undefined;
        if (refusals !== undefined) throw new Error(`${refusals} in ${JSON.stringify(snapshot)}`);
        seen += 1;
      }
    }
    expect(seen).toBeGreaterThan(100);
  }, 120_000);
});

/** ELB has not decided on a target in production yet: waiting for that is the way on. */
function isUndecided({ pools }: Snapshot): boolean {
  return pools.some(({ role, targets }) => role === 'production' && targets.some(({ state }) => state === 'initial'));
}

/** A fleet lives whose instances run, and one of them is healthy somewhere. */
function isAlive(snapshot: Snapshot): boolean {
  return snapshot.fleets.some((fleet) =>
    members(fleet).some(
      ({ id, state }) =>
        state === 'running' &&
        snapshot.pools.some(({ targets }) => targets.some((target) => target.id === id && target.state === 'healthy')),
    ),
  );
}

const WAYS: Wishes = [
  ['up', { release: 'C' }],
  ['promote', {}],
  ['promote', { minHealthy: { count: 1 } }],
  ['promote', { to: 100 }],
  ['promote', { to: 100, minHealthy: { count: 1 } }],
  ['rollback', {}],
  ['cleanup', { wait: true, discard: true }],
  ['adopt', { release: '41' }],
];

/** Whether every verb refuses; what each one says, then. */
async function deadEnd(snapshot: Snapshot): Promise<string | undefined> {
  const refusals: string[] = [];
  for (const [verb, wish] of WAYS) {
    const planned = await planFor(snapshot, verb, wish);
    if (!isRefusal(planned)) return undefined;
    refusals.push(`${verb}: ${planned.refused}`);
  }
  return refusals.join(', ');
}

/** Each world, and how it turns out if one of its fleets gets sick everywhere; none that is known already. */
function* turnsOf(stops: readonly Snapshot[], known: Set<string>): Generator<Snapshot> {
  for (const stop of stops) {
    for (const snapshot of [stop, ...stop.fleets.map((fleet) => withSick(stop, fleet))]) {
      const key = JSON.stringify(snapshot);
      if (!known.has(key)) yield snapshot;
      known.add(key);
    }
  }
}

function withSick(snapshot: Snapshot, { instances }: Fleet): Snapshot {
  const ids = new Set(instances.map(({ id }) => id));
  const sick = (target: Target): Target =>
    ids.has(target.id) && target.state === 'healthy'
      ? { ...target, state: 'unhealthy', reason: 'Target.ResponseCodeMismatch' }
      : target;
  return { ...snapshot, pools: snapshot.pools.map((pool) => ({ ...pool, targets: pool.targets.map(sick) })) };
}

/** The worlds that a task leaves when it is stopped after any step, as by a denied request. */
async function stopsOf(snapshot: Snapshot): Promise<readonly Snapshot[]> {
  const worlds = [snapshot];
  for (const [verb, wish] of WAYS) {
    const planned = await planFor(snapshot, verb, wish);
    let seen = snapshot;
    for (const step of isRefusal(planned) ? [] : planned.plan.steps) {
      seen = behaviourOf(step).simulate(seen);
      worlds.push(seen);
    }
  }
  return worlds;
}
