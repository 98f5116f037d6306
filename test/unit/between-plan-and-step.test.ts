import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { DeployOrder } from '../../src/domain/deploys.ts';
import { behaviourOf, type StepKind } from '../../src/steps/index.ts';
import { failureOf, start } from '../support/fake-run.ts';
import type { FakeWorld } from '../support/fake-world.ts';
import type { Case } from '../support/grave-case.ts';
import { CASES, type Grave } from '../support/grave-steps.ts';
import { HARMLESS } from '../support/harmless-steps.ts';
import { givenShareCases, WEIGHTED } from '../support/grave-steps-weights.ts';
import { divided, MINIMUM, untag } from '../support/hands.ts';
import { FOREIGN_MARK, markedWith } from '../support/own-store.ts';

/**
 * Between the plan and a step, and between two attempts at it, others are at work: instances die, operators change things by
 * hand. For every kind of step that takes from production, gives to it, moves its traffic, changes its code or ends instances:
 * what must stop it, and what must not.
 */

/** Requests that were sent for the step itself; what is recorded on tags before takes nothing away. */
function requests(fake: FakeWorld): readonly string[] {
  return fake.changes.filter((what) => !what.startsWith('note'));
}

/** Deploys are started by a port of their own. */
function withDeploys(fake: FakeWorld): FakeWorld {
  const { inPlace } = fake.ports;
  const deploys = {
    ...inPlace.deploys,
    start: async (_snapshot: Snapshot, order: DeployOrder) => {
      fake.asked.push({ at: fake.clock.monotonic(), what: 'deploy' });
      await fake.onRequest('deploy');
      fake.set((snapshot) => delivered(snapshot, order));
    },
    look: async () => undefined,
    stop: async () => true,
    lasts: () => true,
  };
  Object.assign(fake.ports, { inPlace: { ...inPlace, deploys } });
  return fake;
}

function delivered(snapshot: Snapshot, { kind, instances }: DeployOrder): Snapshot {
  const deploy = { release: '42', run: 'r1', state: 'done' } as const;
  return {
    ...snapshot,
    fleets: snapshot.fleets.map((fleet) => ({
      ...fleet,
      marks: kind === 'migrate' ? { ...fleet.marks, migrated: '42 r1' } : fleet.marks,
      instances: fleet.instances.map((one) => (instances.includes(one.id) ? { ...one, deploy } : one)),
    })),
  };
}

/** Throttles the step's requests, the first ones or all; `last` is called before the last of those is answered. */
function throttle(fake: FakeWorld, requestsThrottled: number, last: () => void, isForever = false): void {
  const seen = { n: 0 };
  fake.onRequest = (what) => {
    if (what.startsWith('read') || what.startsWith('note')) return;
    seen.n += 1;
    if (seen.n === requestsThrottled) last();
    if (isForever || seen.n <= requestsThrottled)
      throw new OperatorError('throttled', 'AWS throttled it.', { transient: true });
  };
}

function describeCase({ world: make, step, refused, allowed }: Case<StepKind>): void {
  test.each(Object.entries(refused))('refused: after the plan %s', async (_what, [act, says]) => {
    const fake = withDeploys(make());
    const from = fake.now;
    act(fake);
    const error = await failureOf(fake, start(fake, [step], from).done);
    expect(error.message).toContain(says);
    expect(requests(fake)).toEqual([]);
  });

  // Throttled as often as this; then what happens comes before the last attempt.
  test.each(
    Object.entries(refused).flatMap(([what, [act, says]]) => [1, 4].map((times) => ({ what, act, says, times }))),
  )('refused: throttled $times times, then $what', async ({ act, says, times }) => {
    const fake = withDeploys(make());
    const from = fake.now;
    throttle(fake, times, () => act(fake), true);
    const error = await failureOf(fake, start(fake, [step], from).done);
    expect(error.message).toContain(says);
    expect(requests(fake)).toHaveLength(times);
  });

  test.each(Object.entries(allowed))('allowed: %s', async (_what, act) => {
    const fake = withDeploys(make());
    const from = fake.now;
    act(fake);
    await fake.finish(start(fake, [step], from).done);
    expect(requests(fake)).toHaveLength(1);
  });

  test.each(Object.entries(allowed))('allowed: throttled twice, then %s', async (_what, act) => {
    const fake = withDeploys(make());
    const from = fake.now;
    throttle(fake, 2, () => act(fake));
    await fake.finish(start(fake, [step], from).done);
    expect(requests(fake)).toHaveLength(3);
  });
}

/** A run with another store has marked all fleets as its own. */
const takenOver = (fake: FakeWorld): void => fake.set((snapshot) => markedWith(snapshot, FOREIGN_MARK));

function describeTakenOver({ world: make, step }: Case<StepKind>): void {
  const marked = (): FakeWorld => {
    const fake = withDeploys(make());
    fake.set((snapshot) => markedWith(snapshot));
    return fake;
  };
  const stopped = async (fake: FakeWorld, planned: Snapshot): Promise<void> => {
    // What was read a second ago counts as read again.
    const from = { ...planned, at: fake.clock.now() - 2000 };
    const error = await fake.finish(start(fake, [step], from).done).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'other-store', exitCode: 5 });
  };

  test('stopped: after the plan another store takes the environment over', async () => {
    const fake = marked();
    const from = fake.now;
    takenOver(fake);
    await stopped(fake, from);
    expect(requests(fake)).toEqual([]);
  });

  test.each([1, 4])('stopped: throttled %i times, then another store takes the environment over', async (times) => {
    const fake = marked();
    const from = fake.now;
    throttle(fake, times, () => takenOver(fake), true);
    await stopped(fake, from);
    expect(requests(fake)).toHaveLength(times);
  });

  test('done: what was read is older than the own mark', async () => {
    const fake = marked();
    const own = fake.now;
    takenOver(fake);
    const shown = async (): Promise<void> => fake.set((snapshot) => markedWith(snapshot));
    await fake.finish(start(fake, [step], own, { shown }).done);
    expect(requests(fake)).toHaveLength(1);
  });
}

for (const [kind, cases] of Object.entries(CASES) as readonly [Grave, readonly Case<StepKind>[]][]) {
  for (const one of cases) {
    describe(`${kind} ${one.name}`, () => {
      test('changes something that production may need, or launches what it may get', () => {
        const effects = ['launches', 'adds-capacity', 'removes-capacity', 'shifts-traffic', 'deploys', 'destroys'];
        expect(effects).toContain(behaviourOf(one.step).effect(one.world().now));
      });

      describeCase(one);
      describeTakenOver(one);
    });
  }
}

describe('a group that only test traffic reached when the plan was made', () => {
  for (const one of WEIGHTED.flatMap((byName) => givenShareCases(byName))) {
    describe(`where ${one.name}`, () => {
      describeCase(one);
    });
  }
});

describe('an instance that has lost its tags is not ours any more', () => {
  test('and not terminated with its fleet', async () => {
    const [one] = CASES.terminate;
    const fake = one!.world();
    const from = fake.now;
    untag('B-1')(fake);
    await fake.finish(start(fake, [one!.step], from).done);
    const ended = [...fake.now.fleets.flatMap(({ instances }) => instances), ...fake.now.unmanaged]
      .filter(({ state }) => state === 'terminated')
      .map(({ id }) => id);
    expect(ended).toEqual(['B-0']);
  });

  test('and not given production traffic with its fleet', async () => {
    const [one] = CASES.register;
    const fake = one!.world();
    const from = fake.now;
    untag('B-1')(fake);
    await fake.finish(start(fake, [one!.step], from).done);
    expect(fake.changes).toEqual(['register prod B-0']);
  });
});

test('what is called harmless takes nothing, gives nothing and moves nothing', () => {
  const snapshot = divided(true)().now;
  const step = { fleet: 'B', pool: 'two', percent: 10, since: '', at: '', run: 'r', release: '42', instances: [] };
  const rest = {
    seconds: 1,
    percent: 1,
    gates: [],
    checks: [],
    to: 'low',
    ttls: {},
    lowS: 1,
    usualS: 2,
    wanted: 1,
    url: '',
    mark: 'current',
  };
  const more = { limits: { most: 1, withinS: 1 }, spec: { batches: [], summary: [] }, minimumHealthy: MINIMUM };
  for (const kind of HARMLESS) {
    const one = { do: kind, ...step, ...rest, ...more } as unknown as Parameters<typeof behaviourOf>[0];
    const effects = ['waits', 'asks', 'verifies', 'records', 'launches'];
    expect(effects, kind).toContain(behaviourOf(one).effect(snapshot));
  }
});
