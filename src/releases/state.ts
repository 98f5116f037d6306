import type { Following, PullState } from '../domain/following.ts';
import { defined } from '../domain/defined.ts';
import { sentences } from '../domain/text.ts';
import type { BucketOfReleases, Seen } from './bucket.ts';
import type { FollowReport, Permit } from './records.ts';
import { isSignedBy } from './signature.ts';

/** What the bucket says of these instances. @param now by the clock of AWS, as are the times of reports */
export async function pullState(bucket: BucketOfReleases, ids: readonly string[], now: number): Promise<PullState> {
  const [pointer, instances] = await Promise.all([
    bucket.pointer(),
    Promise.all(ids.map(async (id) => following(id, await bucket.permit(id), await bucket.report(id), now))),
  ]);
  if (pointer === undefined || pointer === 'same') return { instances };
  const { number, release, at, by, signature } = pointer.value;
  return { pointer: { number, release, at, by, isSigned: signature !== undefined }, instances };
}

/** What is wrong with what new instances boot, as sentences. @param signedBy the public key of the instances; absent: not known here */
export async function pointedProblems(
  bucket: BucketOfReleases,
  signedBy: string | undefined,
): Promise<readonly string[]> {
  const pointer = await bucket.pointer();
  if (pointer === undefined || pointer === 'same') return [];
  const isWrong = signedBy !== undefined && !isSignedBy(pointer.value, bucket.prefix, signedBy);
  return sentences(
    await bucket.bundleProblem(pointer.value),
    isWrong &&
      `Release ${pointer.value.release}, which new instances boot, is not signed with the key of \`deploy.publicKey\`.`,
  );
}

function following(
  id: string,
  permit: Seen<Permit> | 'same' | undefined,
  report: Seen<FollowReport> | undefined,
  now: number,
): Following {
  const given = permit === 'same' ? undefined : permit?.value;
  const { runs, progress, problem, key, everyMs = 0 } = report?.value ?? {};
  const agoS = report && Math.max(0, Math.round((now - Date.parse(report.object.modified)) / 1000));
  return {
    id,
    ...defined({
      runs: runs?.release,
      permit: given && { number: given.number, release: given.release, state: given.state },
      reported: agoS === undefined ? undefined : { agoS, everyS: everyMs / 1000 },
      order: progress && { state: progress.state, ...defined({ why: progress.why }) },
      problem,
      key,
    }),
  };
}
