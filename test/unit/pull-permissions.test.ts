/** The permissions of `turnout publish`, and of the instances that follow: exactly what is printed, and without each action. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { IAM } from '@aws-sdk/client-iam';
import { afterAll, describe, expect, test } from 'vitest';
import { instancesPolicy, policyFor } from '../../src/aws/policy.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config/read.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { openBucket } from '../../src/releases/index.ts';
import type { Pointer } from '../../src/releases/records.ts';
import type { BucketOfReleases } from '../../src/releases/bucket.ts';
import { openSession } from '../support/aws.ts';
import { messageOf, OperatorError } from '../../src/errors.ts';
import { FOLLOWED, FollowedApp, freshFolder, openFollower, published } from '../support/follow-world.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

/** Each action on each resource, as a statement of its own. */
function grantsIn(statements: readonly Statement[]): readonly object[] {
  return statements.flatMap(({ Action, Resource, ...rest }) =>
    [Action]
      .flat()
      .flatMap((one) => [Resource].flat().map((at) => ({ ...rest, Effect: 'Allow', Action: one, Resource: at }))),
  );
}

const read = readConfig(
  'shop.yml',
  `environment: shop
fleet: { kind: ec2, image: { name: 'shop-{release}' } }
traffic: { kind: target-groups, production: [{ targetGroup: a }], test: [{ targetGroup: b }] }
deploy: { kind: pull, bucket: acme-releases, prefix: shop }
instanceCheck: { url: 'http://{address}/', contains: '{release}' }
`,
  {},
);
if ('problems' in read) throw new Error(read.shown);
const config = resolveConfig(read.data, '/shop/shop.yml');
const printed = policyFor(config, 'run').Statement;
const PUBLISHES = grantsIn(printed.filter(({ Action }) => Action.some((one) => one.startsWith('s3:'))));

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/pull.md'), 'utf8');
const [, json = ''] = /## The role of the instances\s+[^\n]+\n\n```json\n([^`]+)```/.exec(page) ?? [];
const FOLLOWS = grantsIn(instancesPolicy(config)?.Statement ?? []);

/** With all permissions before and after, and with these meanwhile. */
async function withGrants<T>(
  grants: readonly object[],
  prepare: (bucket: BucketOfReleases) => Promise<unknown>,
  act: (bucket: BucketOfReleases) => Promise<T>,
): Promise<T> {
  const sandbox = await quickSandbox({ instances: 0 });
  try {
    await sandbox.s3.operations['CreateBucket']?.({ Bucket: 'acme-releases' });
    const bucket = openBucket(openSession(sandbox.url), { bucket: 'acme-releases', prefix: 'shop' });
    await prepare(bucket);
    const iam = new IAM({ endpoint: sandbox.url, region: 'eu-west-1' });
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: grants });
    await iam.putRolePolicy({ RoleName: 'turnout', PolicyName: 'run', PolicyDocument });
    return await act(bucket);
  } finally {
    await sandbox.close();
  }
}

const counted = { without: 0, stopped: 0 };
afterAll(
  () => void process.stdout.write(`pull: ${counted.without} runs without one grant, ${counted.stopped} stopped\n`),
);
const without = (grants: readonly object[], n: number): readonly object[] => grants.filter((_, index) => index !== n);

/** What is said without it: that the action is denied, or, where it is not needed, that all is done. */
function saysOf(grant: object, notNeeded: RegExp): RegExp {
  const isNeeded = !notNeeded.test(JSON.stringify(grant));
  counted.without += 1;
  if (isNeeded) counted.stopped += 1;
  return isNeeded ? new RegExp((grant as { Action: string }).Action) : /^(done )?42/;
}

function textOf(error: unknown): string {
  if (!(error instanceof OperatorError)) throw error;
  return [error.message, ...error.next].join(' ');
}

async function publish(bucket: BucketOfReleases): Promise<Pointer> {
  const release = await published(bucket, '42');
  const before = await bucket.pointer();
  return bucket.movePointer(release, before === 'same' ? undefined : before, { at: 'now', by: 'ann@desk' });
}

describe('publish', () => {
  test('works with what is printed', async () => {
    const pointed = await withGrants(PUBLISHES, async () => {}, publish);
    expect(pointed).toMatchObject({ number: 1, release: '42' });
  });

  test.each(PUBLISHES.map((grant, n) => ({ grant, n })))('without $grant', async ({ grant, n }) => {
    const said = await withGrants(
      without(PUBLISHES, n),
      async () => {},
      async (bucket) => publish(bucket).then(({ release }) => `done ${release}`, textOf),
    );
    // Tasks need permits. That there is no pointer yet, S3 says only where objects may be listed.
    expect(said).toMatch(saysOf(grant, /permits/));
  });
});

/** The instance runs 41 by the pointer, and then takes 42, which it is permitted to. */
async function follow(bucket: BucketOfReleases): Promise<string> {
  const [folder, told] = [freshFolder(), [] as string[]];
  const app = new FollowedApp(folder);
  const follower = openFollower(
    { instance: FOLLOWED, bucket, tell: (line) => void told.push(line) },
    folder,
    app,
    systemClock,
  );
  await follower.start();
  for (let n = 0; n < 3; n += 1) await follower.look().catch((error: unknown) => void told.push(messageOf(error)));
  return `${app.answers ?? 'nothing'}; ${told.join(' ')}`;
}

async function prepared(bucket: BucketOfReleases): Promise<void> {
  await bucket.movePointer(await published(bucket, '41'), undefined, { at: 'now', by: 'me' });
  const content = await published(bucket, '42');
  await bucket.givePermit(FOLLOWED, { ...content, number: 1, token: 't', at: 'now', state: 'given' }, undefined);
}

describe('follow', () => {
  test('works with what is printed for instances, which is what docs/pull.md says', async () => {
    expect(JSON.parse(json)).toEqual(instancesPolicy(config));
    expect(await withGrants(FOLLOWS, prepared, follow)).toMatch(/^42;/);
  });

  test.each(FOLLOWS.map((grant, n) => ({ grant, n })))('without $grant', async ({ grant, n }) => {
    const said = await withGrants(without(FOLLOWS, n), prepared, follow);
    // All that it looks for is there.
    expect(said).toMatch(saysOf(grant, /ListBucket/));
  });
});
