import { isRefusal } from '../../src/domain/goal.ts';
import { members } from '../../src/domain/roles.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { checkedAdvice } from '../../src/run/task/advice.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { tasks } from '../../tasks/index.ts';
import { OWN_STORE } from '../support/own-store.ts';
import { settingsIn } from '../support/weighted-worlds.ts';
import { planFor } from './check.ts';
import { commandsIn, lacksOptions, type Command } from './commands.ts';

/** Whether what a refusal or a last sentence advises is accepted. */

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

/** What was given is part of what is advised, wherever it is accepted with it. */
async function dropped(
  snapshot: Snapshot,
  [verb, options]: Command,
  given: Command[1],
  sentence: string,
): Promise<readonly string[]> {
  const left = Object.entries(given).filter(([key]) => !(key in options));
  const found = left.map(async ([key, value]) =>
    (await isAccepted(snapshot, [verb, { ...options, [key]: value }])) ? `without ${key}: ${sentence}` : [],
  );
  return (await Promise.all(found)).flat();
}

async function isAccepted(snapshot: Snapshot, command: Command): Promise<boolean> {
  const answer = await planFor(snapshot, ...command);
  return !isRefusal(answer) || PASSES.includes(answer.refused);
}

/**
 * Advice that is not accepted and does not say so, or that cannot be followed; and where something lives, none that helps. Most worlds
 * end in the same few, with the same advice: what is `known` already is not tried again.
 */
export async function badAdvice(
  start: Snapshot,
  asked: Command,
  known = new Set<string>(),
): Promise<readonly string[]> {
  const { snapshot, next, isRefused } = await saidIn(start, asked);
  const key = isRefused ? undefined : JSON.stringify([snapshot, asked, next]);
  if (key !== undefined && known.has(key)) return [];
  if (key !== undefined) known.add(key);
  const [verb, options] = asked;
  const refused = { task: tasks[verb], options };
  const seen = { tasks, snapshot, settings: settingsIn(snapshot), store: OWN_STORE, recorded: undefined };
  const world = isRefused ? { ...seen, asked: refused } : seen;
  const found: string[] = [];
  let helps = 0;
  for (const sentence of await checkedAdvice(world, next, { isRefused })) {
    const commands = commandsIn(sentence.replace(/ \(not now: .*/s, ''), asked);
    if (commands.length > 1) found.push(`two commands: ${sentence}`);
    for (const command of commands) {
      const works = !lacksOptions(command) && (await isAccepted(snapshot, command));
      if (works) helps += 1;
      if (works === sentence.includes(' (not now: ')) found.push(sentence);
      if (works && isRefused && command[0] === verb)
        found.push(...(await dropped(snapshot, command, options, sentence)));
    }
  }
  const needsHelp = isRefused && isAlive(snapshot) && !isUndecided(snapshot);
  return needsHelp && helps === 0 ? [...found, `nothing that helps: ${next.join(' ')}`] : found;
}

/** ELB has not decided on a target in production yet: waiting for that is the way on. */
export function isUndecided({ pools }: Snapshot): boolean {
  return pools.some(({ role, targets }) => role === 'production' && targets.some(({ state }) => state === 'initial'));
}

/** A fleet lives whose instances run, and one of them is healthy somewhere. */
export function isAlive(snapshot: Snapshot): boolean {
  return snapshot.fleets.some((fleet) =>
    members(fleet).some(
      ({ id, state }) =>
        state === 'running' &&
        snapshot.pools.some(({ targets }) => targets.some((target) => target.id === id && target.state === 'healthy')),
    ),
  );
}
