import { defined } from '../domain/defined.ts';
import { refusal, type Delivery, type GoalOf, type Refusal } from '../domain/goal.ts';
import { homesOf, instanceById } from '../domain/in-place.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { count, list } from '../domain/text.ts';
import { boundS, boundText } from '../domain/waves.ts';
import type { Step } from '../steps/index.ts';
import { minimumProblem, servingNow } from './in-place.ts';
import type { AfterFailure } from './plan.ts';

/** A rolling deploy in waves: instances that follow by themselves change while they serve. */

export function wavesProblem(delivery: Delivery, { group }: Pick<Fleet, 'group'>): Refusal | undefined {
  if (group !== undefined) {
    return refusal(
      'waves-in-group',
      `${group.name} is an Auto Scaling group, which may replace an instance that restarts while it serves.`,
      'Leave --wave out: each batch is then in Standby meanwhile.',
    );
  }
  if (delivery.converges !== undefined) return undefined;
  return refusal(
    'waves-not-pulled',
    `--wave is for instances that fetch releases by themselves (\`deploy.kind: pull\`), and this config deploys with ${delivery.words || 'another deployer'}.`,
    'Leave --wave out: `--batch 25%` deploys to a quarter of the fleet at a time, out of traffic.',
  );
}

/** One wave: nothing leaves a target group, and the next one waits until all of this one is healthy and answers with the release. */
export function waveSteps(
  snapshot: Snapshot,
  { fleet, release, run, since, minimumHealthy, delivery, allowed }: GoalOf<'rolling'>,
  instances: readonly string[],
  n: number,
): readonly Step[] {
  const { words, check, converges } = delivery;
  return [
    {
      do: 'permit-wave',
      fleet,
      instances,
      release,
      run,
      since,
      number: n + 1,
      words,
      boundS: converges === undefined ? 0 : boundS(converges),
      ...defined({ minimumHealthy, allowedOwners: allowed?.owners }),
    },
    ...(check ? [{ do: 'check-instances', fleet, instances } as const] : []),
    { do: 'register-back', fleet, instances, places: homesOf(snapshot, instances) },
    { do: 'tag-release', fleet, instances, release, run },
  ];
}

export function waveNotes({ waves, delivery, batches }: GoalOf<'rolling'>): readonly string[] {
  if (waves === undefined || delivery.converges === undefined || batches.length === 0) return [];
  const sizes = list(batches.map((wave) => String(wave.length)));
  return [
    `In ${count(batches.length, 'wave')} of ${sizes}. Nothing is taken out of traffic: instances restart while they serve, and all of a wave are counted as gone.`,
    `A wave stops when an instance has taken ${boundText(delivery.converges)}; those times are \`deploy.converge\`.`,
  ];
}

/** What was permitted stays in traffic, and may still change; no further wave has begun. */
export function afterWave(snapshot: Snapshot, goal: GoalOf<'rolling'>, next: readonly string[]): AfterFailure {
  const begun = goal.batches.flat().filter((id) => {
    const note = instanceById(snapshot, id)?.deploy;
    return note?.run === goal.run && note.state === 'started';
  });
  const open = begun.length === 0 ? 'No further wave has begun.' : openText(begun, goal.release);
  const short = minimumProblem(snapshot, goal.minimumHealthy);
  if (short !== undefined) return { leave: 'needs-attention', message: `${open} ${short}`, next };
  return { leave: 'safe', message: `${open} ${servingNow(snapshot)}`, next };
}

function openText(ids: readonly string[], release: string): string {
  const are = ids.length === 1 ? 'is' : 'are';
  return `${list(ids, 5)} ${are} in traffic, and ${release} was not proven on all of this wave. What has begun there goes on, or goes back, by itself; no further wave has begun.`;
}
