import { describe, expect, test } from 'vitest';
import type { AutoScalingGroup } from '../../src/aws/autoscaling.ts';
import { isRefusal, type GoalOf } from '../../src/domain/goal.ts';
import { isLaunchedFrom, refreshIn, refreshText, withImages, type RecordedRefresh } from '../../src/domain/refresh.ts';
import { checkRootDevices, checkRootVolumes, checkSameVersion } from '../../src/fleets/auto-scaling/root-volumes.ts';
import { refreshPlan, refreshQuestion, refreshStanding } from '../../src/plan/refresh.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { sameWay } from '../../tasks/amendments.ts';
import { errorOf, expectAdvice } from '../support/expect-advice.ts';
import { SPEC } from '../support/fake-world.ts';
import { scaledWorld } from '../support/scaled-worlds.ts';

/** Refreshes that replace root volumes, and keep the instances. */

const ASKED = { run: 'r1', who: 'ann@ci', since: '2026-06-01T00:00:00.000Z' };

describe('the record', () => {
  const record: RecordedRefresh = {
    from: { release: '41', template: 'lt-1 version 7 with ami-1+ami-2' },
    to: { release: '42', template: 'lt-1 version 7 with ami-3+ami-4' },
    ...ASKED,
  };

  test('has the images, and is read as it was written', () => {
    expect(refreshIn(refreshText(record))).toEqual(record);
    const plain = { ...record, from: { release: '41', template: 'lt-1 version 7' } };
    expect(refreshIn(refreshText(plain))).toEqual(plain);
  });

  test('of most images, ids of today’s length and a long version fits a tag, with the start of who it was', () => {
    const images = (n: number) => Array.from({ length: 3 }, (_, index) => `ami-0123456789abcde${n}${index}`);
    const long = (n: number) => withImages('lt-0123456789abcdef0 version 1000', images(n));
    const run = '261127-1405-k3f9';
    const most = {
      ...record,
      run,
      from: { release: '41', template: long(1) },
      to: { release: '42', template: long(2) },
    };
    expect(refreshText(most).length).toBeLessThanOrEqual(256);
    expect(refreshIn(refreshText(most))).toMatchObject({ from: most.from, to: most.to, run, since: ASKED.since });
  });

  test.each<[string, string | undefined, boolean]>([
    ['lt-1 version 7', undefined, true],
    ['lt-1 version 7', 'ami-9', true],
    ['lt-1 version 8', 'ami-1', false],
    ['lt-1 version 7 with ami-1+ami-2', 'ami-2', true],
    ['lt-1 version 7 with ami-1+ami-2', 'ami-3', false],
    ['lt-1 version 7 with ami-1+ami-2', undefined, false],
  ])('%s: an instance of version 7 with the image %s', (text, image, is) => {
    expect(isLaunchedFrom(text, 'lt-1 version 7', image)).toBe(is);
  });
});

describe('is refused', () => {
  const TYPE = { InstanceType: 'm7i.large', ImageId: 'ami-1' };
  const LAUNCHED = { LaunchTemplateId: 'lt-1', Version: '7' };
  const group = (Overrides: readonly object[], more: object = {}, Version = '7') =>
    ({
      AutoScalingGroupName: 'shop-a',
      Instances: [
        { InstanceId: 'i-1', InstanceType: 'm7i.large', LaunchTemplate: LAUNCHED, LifecycleState: 'InService' },
      ],
      MixedInstancesPolicy: {
        LaunchTemplate: { LaunchTemplateSpecification: { ...LAUNCHED, Version }, Overrides: [...Overrides] },
      },
      ...more,
    }) as unknown as AutoScalingGroup;
  const four = [1, 2, 3, 4].map((n) => ({ InstanceType: `m${n}.large`, ImageId: `ami-${n}` }));
  const gone = { InstanceId: 'i-2', InstanceType: 'm7i.large', LaunchTemplate: { ...LAUNCHED, Version: '6' } };

  test('never where AWS takes it', () => {
    expect(() => checkRootVolumes(group([TYPE]))).not.toThrow();
    expect(() => checkSameVersion(group([TYPE]), '7')).not.toThrow();
    const BlockDeviceMappings = [{ Ebs: {} }, { VirtualName: 'ephemeral0' }];
    expect(() => checkRootDevices(group([TYPE]), [{ ImageId: 'ami-1', BlockDeviceMappings }])).not.toThrow();
  });

  test.each<[string, () => void, RegExp]>([
    ['without a policy', () => checkRootVolumes(group([])), /no mixed instances policy/],
    [
      'with a type that has no image of its own',
      () => checkRootVolumes(group([TYPE, { InstanceType: 'm7g.large' }])),
      /no image for m7g\.large/,
    ],
    ['with more images than the record has room for', () => checkRootVolumes(group(four)), /more than 3 images/],
    ['of no number of a version', () => checkRootVolumes(group([TYPE], {}, '$Latest')), /the version \$Latest/],
    ['with a warm pool', () => checkRootVolumes(group([TYPE], { WarmPoolConfiguration: {} })), /a warm pool/],
    [
      'with an instance of another version',
      () => checkRootVolumes(group([TYPE], { Instances: [gone] })),
      /i-2 is of another type or template version/,
    ],
    [
      'with an instance of another type',
      () => checkRootVolumes(group([{ ...TYPE, InstanceType: 'm7a.large' }])),
      /i-1 is of another type or template version/,
    ],
    ['to another version', () => checkSameVersion(group([TYPE]), '8'), /the release is version 8/],
    [
      'to an image of two volumes',
      () => checkRootDevices(group([TYPE]), [{ ImageId: 'ami-3', BlockDeviceMappings: [{ Ebs: {} }, { Ebs: {} }] }]),
      /ami-3 has more than a root volume/,
    ],
  ])('%s', async (_, check, says) => {
    const error = await errorOf((async () => check())());
    expect(error).toMatchObject({ code: 'no-root-volumes', message: expect.stringMatching(says) as string });
    expectAdvice(error);
  });
});

test('the plan says what stays and what is lost, and comes to its end', () => {
  const world = scaledWorld([{ id: 'A', size: 3 }]);
  const request = { template: { id: 'lt-1', version: 'A' }, images: { 'ami-1': 'ami-2' }, rootVolumes: true };
  const goal = {
    ...ASKED,
    verb: 'rolling',
    fleet: 'A',
    release: '42',
    batches: [],
    minimumHealthy: {},
    force: false,
    delivery: { words: 'an instance refresh', check: false, migrate: 'no' },
    refresh: { spec: { ...SPEC, batches: [], request }, minPercent: 67, maxPercent: 100 },
  } as const satisfies GoalOf<'rolling'>;
  const plan = refreshPlan(world, goal);
  if (isRefusal(plan)) throw new Error(plan.message);
  const notes = plan.notes.join('\n');
  expect(notes).toMatch(/instances, their addresses, other volumes and instance stores stay, .* is lost/);
  expect(notes).toContain('AWS keeps 67 % in service, or takes one at a time');
  expect(notes).not.toContain('at most');
  expect(behaviourOf(plan.steps[0]!).title(world)).toContain('by other root volumes');
  expect(sameWay(goal, { options: { rootVolumes: true } }), 'goes on by either option').toBe(goal);
  expect(sameWay(goal, { options: { refresh: true } })).toBe(goal);
  expect(refreshQuestion(goal)).toBe('Replace the root volumes of all instances by those of 42?');
  expect(refreshStanding(world, goal).next.join()).toContain('rolling --root-volumes --release R');
  const first = behaviourOf(plan.steps[0]!).simulate(world);
  expect(first.fleets[0]?.group?.recorded?.to.template).toBe('lt-1 version A with ami-2');
  const end = plan.steps.reduce((now, step) => behaviourOf(step).simulate(now), world);
  expect(refreshPlan(end, goal)).toMatchObject({ steps: [] });
});
