import { PLAIN } from '../support/worlds.ts';
import { trafficModel } from '../../src/plan/traffic/index.ts';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { drainingIn, explainInstance, notHealthyIn, sentence } from '../../src/domain/explain.ts';
import { minimumNow, NO_MINIMUM } from '../../src/domain/minimum-healthy.ts';
import type { Goal } from '../../src/domain/goal.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { preview } from '../../src/run/task/preview.ts';
import { promote } from '../../tasks/promote.ts';
import { up } from '../../tasks/up.ts';
import { newRunId } from '../../src/commands/context.ts';
import { blueAndGreen, SPEC } from '../support/fake-world.ts';
import { HOME, world } from '../support/worlds.ts';

const ASKED = { run: 'r1', who: 'alice@ci', since: '2026-06-01T00:00:00.000Z' };

describe('why somebody is not there yet', () => {
  const members = [
    { prod: 'healthy' },
    { prod: 'initial' },
    { prod: 'unhealthy' },
    { prod: 'draining' },
    { prod: '-' },
  ] as const;
  const snapshot = world([{ id: 'A', marks: HOME, members }]);
  const [pool, fleet] = [snapshot.pools[0]!, snapshot.fleets[0]!];

  test("is said of each one that is not healthy, in ELB's words", () => {
    expect(notHealthyIn(pool, fleet)).toEqual([
      { id: 'A-1', why: 'initial, first health check within 5 s' },
      { id: 'A-2', why: expect.stringMatching(/^unhealthy: .*\(Target\.ResponseCodeMismatch\)$/) as string },
      { id: 'A-3', why: 'draining, at most 30 s' },
      { id: 'A-4', why: 'not registered, the instance is running' },
    ]);
  });

  test('is said of those that drain', () => {
    expect(drainingIn(pool, fleet).map(({ id }) => id)).toEqual(['A-3']);
  });

  test('is cut after three', () => {
    const waiting = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, why: 'initial' }));
    expect(sentence(waiting)).toBe('a: initial; b: initial; c: initial; and 2 more');
    expect(sentence(waiting.slice(0, 3))).toBe('a: initial; b: initial; c: initial');
    expect(sentence([])).toBe('');
  });

  test("an instance is told with AWS's reason", () => {
    const [instance] = fleet.instances;
    expect(explainInstance(instance!)).toBe('running');
    expect(explainInstance({ ...instance!, state: 'terminated', reason: 'Spot interruption' })).toBe(
      'terminated: Spot interruption',
    );
  });
});

describe('a preview', () => {
  function previewOf(snapshot: Snapshot) {
    const goal = promote.pinGoal({
      snapshot,
      options: {},
      requestedBy: ASKED,
      settings: PLAIN,
      resolve: async () => SPEC,
    }) as Goal & {
      verb: 'promote';
    };
    const plan = promote.plan(snapshot, goal);
    if ('refused' in plan) throw new Error(plan.message);
    return preview(promote, snapshot, goal, plan);
  }

  test('shows the steps with whom they touch, and the healthy targets after each', () => {
    const { steps, healthyNow, minimumHealthy, seconds } = previewOf(blueAndGreen().now);
    expect(
      steps.map(({ do: verb, pool, instances, healthyAfter }) => [verb, pool, instances, healthyAfter.prod]),
    ).toEqual([
      ['mark', undefined, ['B-0', 'B-1'], 2],
      ['register', 'prod', ['B-0', 'B-1'], 2],
      ['await-healthy', 'prod', ['B-0', 'B-1'], 4],
      ['deregister', 'prod', ['A-0', 'A-1'], 2],
      ['register', 'test', ['A-0', 'A-1'], 2],
      ['deregister', 'test', ['B-0', 'B-1'], 2],
    ]);
    expect(steps[1]?.title).toBe('register 2 instances of B with prod');
    expect({ healthyNow, minimumHealthy }).toEqual({ healthyNow: { prod: 2 }, minimumHealthy: { prod: 2 } });
    expect(seconds).toBe(steps.reduce((sum, step) => sum + step.seconds, 0));
    expect(steps[2]?.seconds).toBeGreaterThanOrEqual(5);
  });

  test('shows a minimum also where the goal has none', () => {
    const snapshot = world([{ id: 'A', marks: HOME, members: [{ prod: 'healthy' }] }]);
    const goal = { ...ASKED, verb: 'up', fleet: 'C', release: '43', spec: SPEC } as const;
    const plan = up.plan(snapshot, goal);
    if ('refused' in plan) throw new Error(plan.message);
    expect(preview(up, snapshot, goal, plan)).toMatchObject({ minimumHealthy: { prod: 1 }, notes: ['image ami-42'] });
  });

  test('never shows less than the minimum on the way', () => {
    const snapshot = blueAndGreen().now;
    const least = minimumNow(snapshot, trafficModel(snapshot).capacityGroups())['prod']?.total ?? 0;
    for (const step of previewOf(snapshot).steps) expect(step.healthyAfter['prod']).toBeGreaterThanOrEqual(least);
  });
});

describe('a wait for health ends', () => {
  const step = { do: 'await-healthy', pool: 'test', fleet: 'B', minimumHealthy: NO_MINIMUM, need: 'all' } as const;
  const green = (...states: readonly ('healthy' | 'unhealthy' | 'initial' | '-')[]): Snapshot =>
    world([
      { id: 'A', marks: HOME, members: [{ prod: 'healthy' }] },
      { id: 'B', marks: {}, members: states.map((state) => ({ test: state })) },
    ]);

  test.each([
    [['healthy', 'healthy'], 'done'],
    [['healthy', 'unhealthy'], 'under way'],
    [['healthy', 'initial'], 'under way'],
    [['healthy', '-'], 'under way'],
    [['unhealthy', 'unhealthy'], 'under way'],
  ] as const)('in a test group, for all of them: %o is %s', (states, progress) => {
    expect(behaviourOf(step).progress(green(...states))).toBe(progress);
  });
});

describe('the id of a run', () => {
  const at = Date.UTC(2026, 10, 22, 6, 12, 30);

  test('sorts by time, and can be read aloud', () => {
    expect(newRunId(at, 0.5)).toBe('261122-0612-i000');
    expect(newRunId(at + 60_000, 0) > newRunId(at, 0.999_999_9)).toBe(true);
  });

  test('has four characters of chance, whatever it is', () => {
    for (const random of [0, 1e-9, 0.25, 1 - Number.EPSILON])
      expect(newRunId(at, random)).toMatch(/^261122-0612-[0-9a-z]{4}$/);
    expect(newRunId(at, 0)).not.toBe(newRunId(at, 0.5));
  });
});
