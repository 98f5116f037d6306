import { describe, expect, test } from 'vitest';
import { isRefusal, type Delivery, type Refusal } from '../../src/domain/goal.ts';
import { OPSWORKS_STACK, ownersIn } from '../../src/domain/owners.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import type { tasks, AnyOptions } from '../../tasks/index.ts';
import { planFor } from '../laws/check.ts';
import { blueAndGreen } from '../support/fake-world.ts';
import { autoScaling, withOwner } from '../support/hands.ts';
import { ALONE, HOME, OWNER, PROMOTED, world } from '../support/worlds.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';

/** Servers, groups and rules that something else has made. */

describe('tags', () => {
  test.each([
    ['aws:autoscaling:groupName', 'web', 'fights-back', 'Auto Scaling group', 'web'],
    ['elasticbeanstalk:environment-name', 'shop-env', 'fights-back', 'Elastic Beanstalk environment', 'shop-env'],
    ['aws:elasticbeanstalk:environment-name', 'shop-env', 'fights-back', 'Elastic Beanstalk environment', 'shop-env'],
    ['eks:cluster-name', 'prod', 'fights-back', 'EKS cluster', 'prod'],
    ['kubernetes.io/cluster/prod', 'owned', 'fights-back', 'Kubernetes cluster', 'prod'],
    ['elbv2.k8s.aws/cluster', 'prod', 'fights-back', 'Kubernetes cluster', 'prod'],
    ['aws:ec2spot:fleet-request-id', 'sfr-1', 'fights-back', 'Spot Fleet', 'sfr-1'],
    ['aws:ec2:fleet-id', 'fleet-1', 'fights-back', 'EC2 Fleet', 'fleet-1'],
    ['eks:eks-cluster-name', 'auto', 'fights-back', 'EKS cluster', 'auto'],
    ['opsworks:stack', 'shop', 'fights-back', 'OpsWorks stack', 'shop'],
    ['aws:elasticmapreduce:job-flow-id', 'j-1', 'fights-back', 'EMR cluster', 'j-1'],
    ['spotinst:aws:ec2:group:id', 'sig-1', 'fights-back', 'Elastigroup of Spot', 'sig-1'],
    ['aws:cloudformation:stack-name', 'shop', 'template', 'CloudFormation stack', 'shop'],
    ['ManagedBy', 'Terraform', 'template', 'configuration of', 'Terraform'],
    ['turnout:environment', 'staging', 'environment', 'environment', 'staging'],
  ])('%s: %s', (key, value, nature, kind, name) => {
    expect(ownersIn({ [key]: value, Name: 'web-1' }, OWNER)).toEqual([{ nature, kind, name }]);
  });

  test('of a stack are of the fleets themselves, where these are its layers', () => {
    const tags = { 'opsworks:stack': 'shop', 'aws:ec2:fleet-id': 'fleet-1' };
    expect(ownersIn(tags, { ...OWNER, fleetsHave: OPSWORKS_STACK }).map(({ kind }) => kind)).toEqual(['EC2 Fleet']);
  });

  test.each([
    ['turnout:environment', 'shop'],
    ['aws:ec2launchtemplate:id', 'lt-1'],
    ['managed-by', 'the platform team'],
    ['Name', 'autoscaling'],
  ])("%s: %s is not another owner's", (key, value) => {
    expect(ownersIn({ [key]: value }, OWNER)).toEqual([]);
  });
});

const SERVES = { prod: 'healthy', test: '-' } as const;
const PARKED = { prod: '-', test: 'healthy' } as const;
const DELIVERY: Delivery = { words: 'a program', check: false, migrate: 'no' };

const PROMOTED_WORLD = world([
  { id: 'A', marks: HOME, members: [PARKED, PARKED] },
  { id: 'B', marks: PROMOTED, members: [SERVES, SERVES] },
]);

const BLUE_ALONE = world([{ id: 'A', marks: HOME, members: [SERVES, SERVES] }]);

/** Before the first day: the instances carry no tags of ours. */
function unadopted(): Snapshot {
  return { ...BLUE_ALONE, fleets: [], unmanaged: BLUE_ALONE.fleets.flatMap(({ instances }) => instances) };
}

async function answerTo(snapshot: Snapshot, verb: keyof typeof tasks, wish: AnyOptions) {
  return planFor(snapshot, verb, wish, DELIVERY);
}

const CASES: readonly (readonly [verb: keyof typeof tasks, wish: AnyOptions, world: () => Snapshot])[] = [
  ['adopt', { release: '41' }, unadopted],
  ['up', { release: '42' }, () => BLUE_ALONE],
  ['promote', {}, () => blueAndGreen().now],
  ['cleanup', {}, () => PROMOTED_WORLD],
  ['rolling', { release: '42' }, () => BLUE_ALONE],
  ['drain', { instances: ['A-0'] }, () => BLUE_ALONE],
];

describe('servers of an Auto Scaling group, which would replace them', () => {
  test.each(CASES)('%s is refused with the name of the group', async (verb, wish, make) => {
    const snapshot = withOwner(make(), autoScaling('web'), ['A-0', 'A-1']);
    expect(await answerTo(snapshot, verb, wish)).toMatchObject({
      refused: 'owned-by-others',
      message: expect.stringContaining('the Auto Scaling group web'),
      next: expect.arrayContaining([
        expect.stringContaining('suspend-processes --auto-scaling-group-name web'),
        expect.stringContaining('`fleet.kind: auto-scaling` in the config makes two such groups the fleets'),
        expect.stringContaining('--allow-owner web'),
      ]),
    });
  });

  test.each(CASES)('%s is done where that group is allowed, and no other', async (verb, wish, make) => {
    const snapshot = withOwner(make(), autoScaling('web'), ['A-0', 'A-1']);
    expect(isRefusal(await answerTo(snapshot, verb, { ...wish, allowOwner: ['web'] }))).toBe(false);
    expect(isRefusal(await answerTo(snapshot, verb, { ...wish, allowOwner: ['other'] }))).toBe(true);
  });

  test.each(['A', 'B'])('rollback warns of those of %s, and continues', async (fleet) => {
    const snapshot = withOwner(PROMOTED_WORLD, autoScaling('web'), [`${fleet}-0`]);
    const answer = await planFor(snapshot, 'rollback', {});
    if (isRefusal(answer)) throw new Error(answer.message);
    expect(answer.plan.notes.join(' ')).toContain(`${fleet}-0 belongs to the Auto Scaling group web`);
    expect(answer.plan.steps.map((step) => step.do)).toContain('deregister');
  });

  test('in production without our tags: the group is named', async () => {
    const [pool, ...pools] = BLUE_ALONE.pools;
    const unknownOne = { id: 'i-9', zone: 'a', state: 'running', launchedAt: 0 } as const;
    const targets = [...(pool?.targets ?? []), { id: 'i-9', port: 8080, state: 'healthy' as const }];
    const joined: Snapshot = { ...BLUE_ALONE, unmanaged: [unknownOne], pools: [{ ...pool!, targets }, ...pools] };
    const answer = await planFor(withOwner(joined, autoScaling('web'), ['i-9']), 'up', { release: '42' });
    expect(answer).toMatchObject({
      refused: 'unmanaged-instance',
      message: expect.stringContaining('i-9 belongs to the Auto Scaling group web.'),
    });
  });
});

describe('groups that something else has made', () => {
  const ownedBy = (nature: 'fights-back' | 'template', kind: string, id = 'prod'): Snapshot => ({
    ...blueAndGreen().now,
    outside: { ...ALONE, owned: [{ id, owners: [{ nature, kind, name: 'shop' }] }] },
  });

  test('are left to a controller that sets them back', async () => {
    expect(await planFor(ownedBy('fights-back', 'Kubernetes cluster'), 'promote', {})).toMatchObject({
      refused: 'owned-by-others',
      message: expect.stringContaining('prod belongs to the Kubernetes cluster shop'),
    });
  });

  test('are a note where only an update of a template changes them', async () => {
    const answer = await planFor(ownedBy('template', 'CloudFormation stack'), 'promote', {});
    expect(isRefusal(answer) ? answer.message : answer.plan.notes.join(' ')).toContain(
      'prod belongs to the CloudFormation stack shop: its next update may change them back.',
    );
  });

  test('are no matter where they are not of the config', async () => {
    expect(isRefusal(await planFor(ownedBy('fights-back', 'Kubernetes cluster', 'admin'), 'promote', {}))).toBe(false);
  });
});

describe('servers of another environment', () => {
  const other = { nature: 'environment', kind: 'environment', name: 'staging' } as const;
  const theirs = withOwner(unadopted(), other, ['A-0', 'A-1']);

  test.each([
    ['adopt', { release: '41' }],
    ['up', { release: '42' }],
    ['promote', {}],
    ['cleanup', {}],
    ['rolling', { release: '42' }],
  ] as const)('%s is refused with its name', async (verb, wish) => {
    expect(await answerTo(theirs, verb, wish)).toMatchObject({
      refused: 'other-environment',
      message: expect.stringContaining('A-0 and A-1 belong to the environment staging'),
    });
  });

  test('can be taken out where ours stay; where there are only theirs, nothing is advised that would end them', async () => {
    const ours = world([{ id: 'A', marks: HOME, members: [{ prod: 'healthy' }] }]);
    const one = { ...ours.fleets[0]!.instances[0]!, id: 'i-9', owners: [other] };
    const target = { id: 'i-9', port: 8080, state: 'healthy' } as const;
    const pools = ours.pools.map((pool) =>
      pool.name === 'prod' ? { ...pool, targets: [...pool.targets, target] } : pool,
    );
    const taken = 'deregister-targets --target-group-arn arn:prod --targets Id=i-9,Port=8080` takes it out of prod.';
    expect(await answerTo({ ...ours, unmanaged: [one], pools }, 'up', { release: '42' })).toMatchObject({
      refused: 'other-environment',
      next: expect.arrayContaining([expect.stringContaining(taken)]),
    });
    const { next } = (await answerTo(theirs, 'up', { release: '42' })) as Refusal;
    expect(next.join()).not.toContain('deregister-targets');
  });

  test('are taken over with --take-over', async () => {
    const answer = await planFor(theirs, 'adopt', { release: '41', takeOver: true });
    expect(answer).toMatchObject({ plan: { steps: [{ do: 'claim', takesOver: true }] } });
  });

  test('are not claimed where it has claimed them since the plan', () => {
    const step = { do: 'claim', fleet: 'f', release: '41', instances: ['A-0', 'A-1'], at: '' } as const;
    expect(behaviourOf(step).guard(unadopted())).toBeUndefined();
    expect(behaviourOf(step).guard(theirs)).toContain('belong to the environment staging by now');
    expect(behaviourOf(step).readsBefore(theirs)).toEqual({ pools: 'all', fleets: 'all', routes: true });
    const left = { ...unadopted(), pools: unadopted().pools.map((pool) => ({ ...pool, targets: [] })) };
    expect(behaviourOf(step).guard(left)).toBe('A-0 and A-1 left production since this was planned.');
    expect(behaviourOf({ ...step, takesOver: true }).guard(theirs)).toBeUndefined();
  });

  test('are claimed with their group, whatever it has replaced meanwhile', () => {
    const step = { do: 'claim', fleet: 'A', release: '41', instances: ['A-0', 'A-9'], at: '' } as const;
    const progress = (fleets: Snapshot['fleets']) => behaviourOf(step).progress({ ...scaledWorld([]), fleets });
    const { fleets } = scaledWorld([{ id: 'A', size: 1 }]);
    expect(progress(fleets)).toBe('done');
    expect(progress(fleets.map((fleet) => ({ ...fleet, marks: {} })))).toBe('todo');
    const { group, ...alone } = fleets[0]!;
    expect(group).toBeDefined();
    expect(progress([alone])).toBe('todo');
  });

  test('do not lock the way back', async () => {
    const unknownOne = { id: 'i-9', zone: 'a', state: 'running', launchedAt: 0, owners: [other] } as const;
    const [pool, ...pools] = PROMOTED_WORLD.pools;
    const targets = [...(pool?.targets ?? []), { id: 'i-9', port: 8080, state: 'healthy' as const }];
    const joined: Snapshot = { ...PROMOTED_WORLD, unmanaged: [unknownOne], pools: [{ ...pool!, targets }, ...pools] };
    expect(isRefusal(await planFor(joined, 'promote', {}))).toBe(true);
    expect(isRefusal(await planFor(joined, 'rollback', {}))).toBe(false);
  });
});
