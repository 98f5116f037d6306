/** A thousand instances that fetch releases: what is read of them, and what a person sees. */
import { expect, onTestFinished, test } from 'vitest';
import { followProblems, type Following } from '../../src/domain/following.ts';
import { BucketOfReleases } from '../../src/releases/bucket.ts';
import { openBucket } from '../../src/releases/index.ts';
import type { FollowReport } from '../../src/releases/records.ts';
import { pullState } from '../../src/releases/state.ts';
import { pullFindings } from '../../src/run/doctor/pull.ts';
import type { Operation } from '../../src/sandbox/service.ts';
import { pullLines } from '../../src/views/status-pull.ts';
import { painter } from '../../src/views/text.ts';
import { openSession } from '../support/aws.ts';
import { MemoryObjects, withRequests } from '../support/memory-objects.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';

const COUNT = 1000;
const IDS = Array.from({ length: COUNT }, (_, n) => `i-0${String(n).padStart(16, '0')}`);
const CONTENT = { release: '42', sha256: '0'.repeat(64), size: 1 };

test('each is read by its permit and its report, and nothing twice', async () => {
  const objects = new MemoryObjects();
  const asked: string[] = [];
  const bucket = new BucketOfReleases(
    withRequests(objects, (request) => {
      if (!request.startsWith('answer')) asked.push(request);
    }),
    'shop',
  );
  const report = (instance: string): FollowReport => ({ instance, everyMs: 60_000, runs: CONTENT });
  for (const id of IDS) await objects.overwrite(`shop/reports/${id}.json`, JSON.stringify(report(id)));
  const { instances } = await pullState(bucket, IDS, 0);
  expect(instances.map(({ runs }) => runs)).toEqual(IDS.map(() => '42'));
  expect([asked.length, new Set(asked).size]).toEqual([2 * COUNT + 1, 2 * COUNT + 1]);
});

test('of S3 no more is asked at once than there are connections: what waits for one is not taken for an outage', async () => {
  const sandbox = await quickSandbox({ instances: 0 });
  onTestFinished(async () => sandbox.close());
  const operations: Record<string, Operation> = sandbox.s3.operations;
  await operations['CreateBucket']?.({ Bucket: 'releases' });
  const get = operations['GetObject']!;
  let [now, most] = [0, 0];
  operations['GetObject'] = async (input, request) => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => void setImmediate(resolve));
    now -= 1;
    return get(input, request);
  };
  const bucket = openBucket(openSession(sandbox.url), { bucket: 'releases', prefix: 'shop' });
  const ids = IDS.slice(0, 100);
  expect(await Promise.all(ids.map(async (id) => bucket.report(id)))).toEqual(ids.map(() => undefined));
  expect(most).toBeLessThanOrEqual(40);
  expect(most).toBeGreaterThan(1);
});

/** 900 are well, and of the others each has one of four problems. */
function fleet(): readonly Following[] {
  return IDS.map((id, n): Following => {
    const well = { id, runs: '42', reported: { agoS: 5, everyS: 60 }, answer: 'ok' };
    if (n < 900) return well;
    if (n < 940) return { ...well, reported: { agoS: 600 + n, everyS: 60 } };
    if (n < 960) return { id };
    const permit = { number: 3, release: '43', state: 'given' } as const;
    if (n < 999) return { ...well, permit, order: { state: 'failed', why: 'The bundle of release 43 is missing.' } };
    return { ...well, answer: 'http://10.0.0.7:8080/ answered 503' };
  });
}

const POINTER = { number: 3, release: '42', at: '1970-01-01T00:00:00Z', by: 'ann@build', isSigned: false };

test('on a terminal of 80 columns and 24 lines each problem is shown once, with how many have it', () => {
  const report = { pull: { pointer: POINTER, instances: fleet() }, snapshot: { at: 60_000 } };
  const lines = pullLines(report as never, 80, painter(false));
  const text = lines.join(' ').replaceAll(/\s+/g, ' ');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(lines.length).toBeLessThanOrEqual(20);
  expect(text).toContain('By their reports 980 run 42 and 20 run nothing yet.');
  expect(text).toMatch(
    /i-0+900 has not reported for 25 min\. It said that it runs 42\. So it is with i-.*and 36 more\./,
  );
  expect(text).toMatch(
    /has not taken 43: The bundle of release 43 is missing\. It runs 42\. So it is with .*35 more\./,
  );
  expect(text).toMatch(/i-0+940 has never reported: .* So it is with i-.*and 16 more\./);
  expect(text).toMatch(/i-0+999 says that it runs 42, and does not answer so: http:\S+ answered 503\./);
  expect(pullFindings({ pointer: POINTER, instances: fleet() })).toHaveLength(5);
});

test('only what is the same but for the name and the address is one problem', () => {
  const one = { id: 'i-1', runs: '42', reported: { agoS: 5, everyS: 60 } };
  const says = (...some: readonly Partial<Following>[]) =>
    followProblems(some.map((change, n) => ({ ...one, id: `i-${n}`, ...change }))).length;
  const permit = (release: string) =>
    ({ permit: { number: 1, release, state: 'given' }, order: { state: 'failed', why: 'x' } }) as const;
  expect(says(permit('43'), permit('43'))).toBe(1);
  expect(says(permit('43'), permit('44'))).toBe(2);
  expect(says({ answer: 'http://10.0.0.1/ answered 503' }, { answer: 'http://10.0.0.2/ answered 503' })).toBe(1);
  expect(says({ answer: 'http://10.0.0.1/ answered 503' }, { answer: 'http://10.0.0.2/ answered 500' })).toBe(2);
  expect(says({ reported: { agoS: 500, everyS: 60 } }, { reported: { agoS: 700, everyS: 60 } })).toBe(1);
});
