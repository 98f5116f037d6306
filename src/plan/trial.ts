import { refusal, type GoalOf, type Refusal } from '../domain/goal.ts';
import type { GreenCheck } from '../domain/green-checks.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import type { SwitchSettings } from '../domain/traffic.ts';
import { sentences } from '../domain/text.ts';
import { verdictOn } from '../domain/trial.ts';
import type { Reads } from '../observe/reads.ts';
import type { Step } from '../steps/index.ts';
import { isUnknown } from './switch.ts';
import { trafficModel } from './traffic/index.ts';

/** A fleet is asked for its release before production moves to it, where the config says how a release is read. */

type Promotion = Pick<GoalOf<'promote'>, 'settings' | 'allowed' | 'fleet' | 'release'>;

/** Why the fleet must not get production, by what it was just seen to answer. */
export function trialProblem(snapshot: Snapshot, to: Fleet, goal: Promotion): Refusal | undefined {
  if (goal.settings.verification.by === 'nothing') return undefined;
  const verdict = verdictOn(snapshot, to);
  if (verdict.state === 'wrong')
    return refusal(
      'wrong-release',
      `Green was launched as ${to.release}, and answers with ${verdict.release} at ${verdict.at}: production would get another release than the one that was asked for.`,
      'Check the image, launch template and user data that the release boots; `turnout cleanup --discard` terminates this fleet.',
      `If ${verdict.at} does not lead to green, say where it is asked: \`release.marker.green\` in the config, for example http://{address}:8080/version.`,
    );
  if (verdict.state !== 'unknown' || goal.allowed?.unknownRelease === true) return undefined;
  return refusal(
    'green-not-asked',
    `Green cannot be asked for its release before production moves to it: ${verdict.at}: ${verdict.why}.`,
    'Make that answer here, or say where green is asked: `release.marker.green` in the config, for example http://{address}:8080/version.',
    '`turnout promote --allow-unknown-release` moves production without that.',
  );
}

/** What is asked before it is planned: a fleet whose health is known, and that has nothing of production. */
export function trialReads(snapshot: Snapshot, to: Fleet, { verification }: SwitchSettings): Reads {
  const reads = trafficModel(snapshot).readsBefore;
  const pool = trialPool(snapshot, to);
  if (verification.by === 'nothing' || pool === undefined || isUnknown(snapshot, to)) return reads;
  return { ...reads, trial: { fleet: to.id, pool, before: 'plan' } };
}

/** Where it is tested; undefined once production itself can be asked. */
function trialPool(snapshot: Snapshot, to: Fleet): string | undefined {
  if (verdictOn(snapshot, to).state === 'serves') return undefined;
  return trafficModel(snapshot).testPools(to)[0]?.name;
}

/** Directly before production moves it is checked that it is warm, and it is asked for its release once more. */
export function trialSteps(snapshot: Snapshot, to: Fleet, goal: Promotion): readonly Step[] {
  const pool = trialPool(snapshot, to);
  const { verification, checks = [] } = goal.settings;
  const tellsRelease = verification.by !== 'nothing' && goal.allowed?.unknownRelease !== true;
  return pool === undefined ? [] : checkSteps(to, pool, checks, tellsRelease);
}

/** What a fleet is asked where it is tested. */
export function checkSteps(
  { id: fleet, release }: Fleet,
  pool: string,
  checks: readonly GreenCheck[],
  tellsRelease: boolean,
): readonly Step[] {
  return [
    ...(checks.length > 0 ? [{ do: 'check-green', fleet, pool, checks } as const] : []),
    ...(tellsRelease ? [{ do: 'verify-green', fleet, release, pool } as const] : []),
  ];
}

/** What is worth knowing before production moves. */
export function trialNotes(
  snapshot: Snapshot,
  to: Fleet,
  { settings: { verification } }: Promotion,
): readonly string[] {
  const trial = snapshot.details?.trial;
  if (trial?.fleet !== to.id || verification.by === 'nothing') return [];
  const verdict = verdictOn(snapshot, to);
  return sentences(
    verdict.state === 'unknown' && `Green was not asked for its release: ${verdict.at}: ${verdict.why}.`,
    'failed' in trial.production &&
      `Production does not tell its release at ${verification.url} now (${trial.production.failed}): as long as that is so, the switch cannot be proven.`,
  );
}
