/** What `status` and `doctor` say of instances that fetch releases: which one has refused what, and why, while its app keeps running. */
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { followProblem, followWord, type Following } from '../../src/domain/following.ts';
import type { BucketOfReleases } from '../../src/releases/bucket.ts';
import type { Pointer } from '../../src/releases/records.ts';
import { keyId } from '../../src/releases/signature.ts';
import { pullState } from '../../src/releases/state.ts';
import { pullFindings } from '../../src/run/doctor/pull.ts';
import { pullLines } from '../../src/views/status-pull.ts';
import { painter } from '../../src/views/text.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { bundleOf, FOLLOWED, openFollower, permitted, published, signingKeys } from '../support/follow-world.ts';

type World = Awaited<ReturnType<typeof permitted>>;

const keyOfBundle = `shop/bundles/${bundleOf('42').content.sha256}`;

/** Somebody sets the bucket back to how it was before. */
async function setBack({ bucket, objects, follower }: World): Promise<void> {
  const [old, now] = [objects.contents.get('shop/pointer.json')!, await bucket.pointer()];
  if (now === undefined || now === 'same') throw new Error('no pointer');
  await bucket.movePointer(await bucket.release('42'), now, { at: '2026-01-01T00:00:00Z', by: 'ann' });
  await follower.look();
  objects.contents.set('shop/pointer.json', old);
}

const BAD: readonly (readonly [what: string, spoil: (world: World) => unknown, says: RegExp, ends: string])[] = [
  [
    'wrong checksum',
    ({ objects }) => objects.contents.set(keyOfBundle, bundleOf('43').bytes),
    /^i-1 has not taken 42: The bundle of release 42 is not the one that was published: its SHA-256 differs\. It runs 41\.$/,
    '41',
  ],
  [
    'missing bundle',
    ({ objects }) => objects.contents.delete(keyOfBundle),
    /^i-1 has not taken 42: The bundle of release 42 is missing in s3:\/\/releases\/shop\. It runs 41\.$/,
    '41',
  ],
  [
    'a release that does not answer',
    ({ app }) => app.sick.add('42'),
    /^i-1 has not taken 42: answered 503 \(41 runs again\) It runs 41\.$/,
    '41',
  ],
  [
    'older pointer',
    setBack,
    /^i-1: The pointer has number 1 and release 41, and is older than number 2, which was seen here: it is not followed\. It runs 42\.$/,
    '42',
  ],
];

async function seen(bucket: BucketOfReleases, now = 0): Promise<Following> {
  const { instances } = await pullState(bucket, [FOLLOWED], now);
  return instances[0]!;
}

describe('bad input is refused with a sentence, and the app keeps running', () => {
  test.each(BAD)('%s', async (_, spoil, says, ends) => {
    const world = await permitted(bundleOf('42'));
    await spoil(world);
    await world.follower.look().catch(() => undefined);
    expect(followProblem(await seen(world.bucket))).toMatch(says);
    expect(world.app.answers).toBe(ends);
  });

  test('unsigned; doctor says that what new instances boot has no signature', async () => {
    const { pub } = signingKeys();
    const world = await permitted(bundleOf('42'), { signedBy: pub });
    await world.follower.look();
    const state = await pullState(world.bucket, [FOLLOWED], 0);
    expect(followProblem(state.instances[0]!)).toBe('i-1 has not taken 42: Release 42 is not signed. It runs 41.');
    expect([world.app.answers, state.instances[0]?.key]).toEqual(['41', keyId(pub)]);
    const failures = pullFindings(state).filter(({ state: how }) => how === 'failure');
    expect(failures).toMatchObject([{ says: 'i-1 wants a signature, and 41, which new instances boot, has none.' }]);
  });

  test('full disk', async () => {
    const { bucket, folder, app } = await permitted(bundleOf('42'));
    const follower = openFollower({ instance: FOLLOWED, bucket }, folder, app, systemClock, (operation) => {
      if (/part of the bundle/.test(operation)) throw new Error('ENOSPC: no space left on device, write');
    });
    await follower.start();
    await follower.look().catch(() => undefined);
    expect(followProblem(await seen(bucket))).toBe('i-1: ENOSPC: no space left on device, write. It runs 41.');
    expect(app.answers).toBe('41');
  });

  test('two publishers at once: one is refused, and the pointer is what the other one said', async () => {
    const { bucket } = await permitted(bundleOf('42'));
    const from = await bucket.pointer();
    if (from === undefined || from === 'same') throw new Error('no pointer');
    const made = (by: string): Pick<Pointer, 'at' | 'by'> => ({ at: '2026-01-01T00:00:00Z', by });
    const to = [await bucket.release('42'), await published(bucket, '43')];
    const both = await Promise.allSettled(to.map(async (one) => bucket.movePointer(one, from, made(one.release))));
    const won = both.findIndex(({ status }) => status === 'fulfilled');
    const error = await errorOf(bucket.movePointer(to[1 - won]!, from, made('late')));
    expect(error).toMatchObject({ code: 'pointer-moved', message: expect.stringContaining('moved by somebody else') });
    expectAdvice(error);
    expect((await pullState(bucket, [], 0)).pointer).toMatchObject({ number: 2, by: to[won]!.release });
  });
});

const FOLLOWS: Following = {
  id: 'i-1',
  runs: '42',
  reported: { agoS: 5, everyS: 60 },
  order: { state: 'done' },
  answer: 'ok',
};

test.each([
  ['follows', {}, /^nothing$/],
  ['never', { reported: undefined }, /i-1 has never reported/],
  ['silent', { reported: { agoS: 121, everyS: 60 } }, /i-1 has not reported for 2 min 1 s\. It said that it runs 42\./],
  ['hindered', { problem: 'AWS could not be reached' }, /i-1: AWS could not be reached\. It runs 42\./],
  [
    'working',
    { order: { state: 'working' }, permit: { number: 2, release: '43', state: 'given' } },
    /i-1 changes to 43\. It runs 42\./,
  ],
  ['unproven', { answer: 'answered 503' }, /i-1 says that it runs 42, and does not answer so: answered 503\./],
] as const)('an instance that %s', (word, change, says) => {
  const one = { ...FOLLOWS, ...change } as Following;
  expect(followWord(one)).toBe(word);
  expect(followProblem(one) ?? 'nothing').toMatch(says);
});

test('status shows the pointer, who runs what, and who does not follow', () => {
  const pointer = { number: 3, release: '42', at: '1970-01-01T00:00:00Z', by: 'ann@build', isSigned: false };
  const instances = [FOLLOWS, { ...FOLLOWS, id: 'i-2' }, { id: 'i-3' }];
  const report = { pull: { pointer, instances }, snapshot: { at: 60_000 } };
  expect(pullLines(report as never, 200, painter(false))).toEqual([
    'Releases: New instances boot 42 (pointer 3, by ann@build, 1 min ago). By their reports 2 run 42 and 1 runs nothing yet.',
    'Follow: i-3 has never reported: `turnout follow` does not run there, or may not write its report.',
  ]);
  const none = { pull: { instances: [] }, snapshot: { at: 0 } };
  expect(pullLines(none as never, 200, painter(false))).toEqual([
    'Releases: There is no pointer yet: a new instance boots nothing.',
  ]);
});

test('doctor: no pointer, a silent instance, and keys that differ', () => {
  const states = (state: Parameters<typeof pullFindings>[0]) => pullFindings(state).map((one) => [one.state, one.says]);
  expect(states({ instances: [] })).toMatchObject([['failure', /no pointer/]]);
  const pointer = { number: 3, release: '42', at: '', by: '', isSigned: true };
  expect(pullFindings({ pointer, instances: [FOLLOWS] }, [])).toMatchObject([
    { state: 'ok', says: /new instances boot 42 \(pointer 3\), whose bundle is there\./ },
    { state: 'ok', says: 'All instances follow: 1 runs 42.' },
  ]);
  const unseen = states({ pointer, instances: [FOLLOWS] })[0];
  expect(unseen).toEqual(['ok', 'The bucket can be read; new instances boot 42 (pointer 3).']);
  const wrong = pullFindings({ pointer, instances: [FOLLOWS] }, ['The bundle is missing.']);
  expect(wrong.map((one) => [one.state, one.says]).slice(0, 2)).toEqual([
    ['ok', 'The bucket can be read; new instances boot 42 (pointer 3).'],
    ['failure', 'The bundle is missing.'],
  ]);
  const two = [{ ...FOLLOWS, key: 'aa' }, { id: 'i-2' }];
  expect(states({ pointer, instances: two })).toMatchObject([
    ['ok', /The bucket can be read/],
    ['warning', 'Not all instances want the same key: only i-1 wants one (aa).'],
    ['failure', /i-2 has never reported/],
  ]);
});
