import { describe, expect, test } from 'vitest';
import { ExitCode, OperatorError } from '../../src/errors.ts';
import type { DeployerPort, DeployRequest } from '../../src/deployers/deployer.ts';
import type { DeployOrder } from '../../src/domain/deploys.ts';
import type { DeployReport } from '../../src/domain/deploys.ts';
import { isRefusal } from '../../src/domain/goal.ts';
import { leftAt } from '../../src/domain/shares.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { trafficModel } from '../../src/plan/traffic/index.ts';
import { Interrupted } from '../../src/run/engine/context.ts';
import { createDeploys } from '../../src/run/deploys/deploys.ts';
import { stopFor } from '../../src/run/deploys/waiting.ts';
import type { Step } from '../../src/steps/index.ts';
import { tasks } from '../../tasks/index.ts';
import { failureOf, start } from '../support/fake-run.ts';
import { Rig } from '../support/fake-run-task.ts';
import { blueAndGreen, FakeWorld } from '../support/fake-world.ts';
import { share } from '../support/hands.ts';
import { settingsIn, weightedWorld } from '../support/weighted-worlds.ts';
import { HOME, PROMOTED, world } from '../support/worlds.ts';

/** Guards of which each one, taken out, lets through what others have done meanwhile. */

const MINIMUM = { total: 1, zones: { a: 1 } };
const PLACES = { 'A-0': [{ pool: 'prod', port: 8080 }] };
const LEAVE: Step = {
  do: 'deregister-everywhere',
  fleet: 'A',
  instances: ['A-0'],
  places: PLACES,
  minimumHealthy: { prod: { total: 1, zones: {} } },
};

describe('before capacity is removed', () => {
  const KEEPS = { fleet: 'A', groups: [] };
  const removing: readonly Step[] = [
    { do: 'deregister', pool: 'prod', fleet: 'A', minimumHealthy: MINIMUM },
    LEAVE,
    { do: 'terminate', fleet: 'B', retentionS: 0, keeps: KEEPS },
    { do: 'remove', fleet: 'B' },
  ];
  const others: readonly Step[] = [
    { do: 'register', pool: 'prod', fleet: 'B' },
    { do: 'deregister', pool: 'test', fleet: 'B', minimumHealthy: MINIMUM },
    { do: 'mark', fleet: 'B', mark: 'promoted', at: '2026-06-01T00:00:00.000Z' },
  ];

  /** What was requested before and after the consistency delay. */
  async function settling(step: Step): Promise<number | undefined> {
    const fake = blueAndGreen();
    for (const id of ['B-0', 'B-1']) fake.target(step.do === 'deregister' ? 'prod' : 'test', id, 'healthy');
    const seen: { asked?: number } = {};
    const settled = async (): Promise<void> => void (seen.asked = fake.asked.length);
    await fake.finish(start(fake, [step], fake.now, { settled }).done).catch(() => undefined);
    return seen.asked;
  }

  test.each(removing.map((step) => [step.do, step] as const))(
    '%s waits until the changes of other runs show, before it looks',
    async (_kind, step) => expect(await settling(step)).toBe(0),
  );

  test.each(others.map((step) => [step.do, step] as const))('%s does not', async (_kind, step) =>
    expect(await settling(step)).toBeUndefined(),
  );
});

describe('an instance that leaves its groups', () => {
  /** An operator registers A-0 with another group during the run, where it is the only healthy target. */
  function joinsOtherGroup(others: readonly string[]): FakeWorld {
    const fake = blueAndGreen();
    fake.onRequest = (what) => {
      fake.onRequest = () => {};
      if (what.startsWith('read')) share('admin', ...others)(fake);
    };
    return fake;
  }

  test('is looked for in every group directly before, and does not leave one that has no other', async () => {
    const fake = joinsOtherGroup(['A-0']);
    const error = await failureOf(fake, start(fake, [LEAVE]).done);
    expect(error.message).toContain('nothing healthy');
    expect(fake.changes).toEqual([]);
  });

  test('leaves such a group as well where another one stays', async () => {
    const fake = joinsOtherGroup(['A-0', 'A-1']);
    await fake.finish(start(fake, [LEAVE]).done);
    expect(fake.changes).toContain('deregister admin A-0');
  });
});

test('a goal that cannot be recorded: nothing is changed', async () => {
  const rig = new Rig();
  rig.store.putGoal = async () => Promise.reject(new OperatorError('store-full', 'The disk is full.'));
  const { exitCode, message } = await rig.run('promote');
  expect(exitCode).not.toBe(ExitCode.done);
  expect(message).toContain('The disk is full.');
  expect(rig.fake.changes).toEqual([]);
});

describe('when production has left a fleet', () => {
  const fleets = (blue: string, green: string): Snapshot =>
    weightedWorld({
      fleets: [
        { id: 'A', marks: { ...HOME, share: blue }, members: [{ one: 'healthy' }] },
        { id: 'B', marks: { ...PROMOTED, share: green }, members: [{ two: 'healthy' }] },
      ],
      production: [100],
      test: 0,
    });
  const left = (snapshot: Snapshot): string | undefined => leftAt(snapshot, snapshot.fleets[0]!);

  test('is what its tag says', () => {
    expect(left(fleets('0@2026-06-01T00:02:00.000Z', '10@2026-06-01T00:01:00.000Z'))).toBe('2026-06-01T00:02:00.000Z');
  });

  test('is not known where something newer was recorded of another fleet: it has served since', () => {
    expect(left(fleets('0@2026-06-01T00:02:00.000Z', '0@2026-06-01T00:03:00.000Z'))).toBeUndefined();
  });

  test('is not known while it has a share', () => {
    expect(left(fleets('10@2026-06-01T00:02:00.000Z', '0@2026-06-01T00:01:00.000Z'))).toBeUndefined();
  });
});

describe('a deploy', () => {
  const ORDER: DeployOrder = {
    kind: 'deploy',
    token: 'r1/1',
    since: '2026-06-01T00:00:00.000Z',
    release: '42',
    instances: ['A-0'],
    migrate: false,
  };
  const failed: DeployReport = {
    token: 'r1/1',
    state: 'failed',
    instances: [{ id: 'A-0', state: 'failed', why: 'exit code 3' }],
  };

  function deploysWith(isRemote: boolean) {
    const started: DeployRequest[] = [];
    const deployer = {
      kind: 'command',
      description: 'a program',
      isRemote,
      migrates: false,
      setCurrent: async () => {},
      fetched: async () => ({}),
      prepare: async () => {},
      start: async (request: DeployRequest) => void started.push(request),
      status: async () => failed,
      stop: async () => true,
    } satisfies DeployerPort;
    return { started, deploys: createDeploys({ environment: 'shop', deployer }) };
  }

  test('that failed before this run requested it does not count', async () => {
    const snapshot = blueAndGreen().now;
    const { deploys } = deploysWith(true);
    expect(await deploys.look(snapshot, ORDER)).toBeUndefined();
    await deploys.start(snapshot, ORDER);
    expect(await deploys.look(snapshot, ORDER)).toEqual(failed);
  });

  test.each([
    ['by a program of ours is let finish after Ctrl-C, and ended when the lease is lost', false],
    ['that continues without us is left after Ctrl-C', true],
  ] as const)('%s', (_name, isRemote) => {
    const fake = blueAndGreen();
    Object.assign(fake.ports, { inPlace: { ...fake.ports.inPlace, deploys: deploysWith(isRemote).deploys } });
    const [interruption, loss] = [new AbortController(), new AbortController()];
    const context = { ports: fake.ports, signal: interruption.signal, lost: loss.signal, emit: () => {} };
    const stop = stopFor(context, ORDER);
    interruption.abort(new Interrupted('SIGINT'));
    expect(stop.aborted).toBe(isRemote);
    loss.abort();
    expect(stop.aborted).toBe(true);
  });
});

describe('weights that are whole numbers only', () => {
  /** The rule gives 100 of 200 to another team's group. */
  const shared = weightedWorld({
    fleets: [
      { id: 'A', marks: HOME, members: [{ one: 'healthy' }] },
      { id: 'B', marks: {}, members: [{ two: 'healthy' }] },
    ],
    production: [0],
    test: 100,
    othersWeight: 3,
  });
  const { traffic } = shared;
  const fine = 'routes' in traffic ? traffic.routes : [];
  const coarse = {
    ...shared,
    traffic: { ...traffic, routes: fine.map((one) => ({ ...one, weights: { one: 2, two: 0 } })) },
  };
  const pace = (snapshot: Snapshot, steps: readonly number[]) =>
    trafficModel(snapshot).paceOf(snapshot.fleets[1]!, { steps }, settingsIn(snapshot));

  test('a share that they cannot express is refused, and not rounded', () => {
    const refused = pace(coarse, [25, 100]);
    expect(isRefusal(refused) && refused.refused).toBe('coarse-weights');
  });

  test('one that they can express is not', () => {
    expect(isRefusal(pace(coarse, [50, 100]))).toBe(false);
    expect(isRefusal(pace(shared, [25, 100]))).toBe(false);
  });
});

describe('right after another run', () => {
  async function terminatesAfter(verb: 'promote' | 'rollback'): Promise<number> {
    const blue = { prod: 'healthy', test: '-' } as const;
    const green = { prod: '-', test: 'healthy' } as const;
    const rig = new Rig(
      new FakeWorld(
        world([
          { id: 'A', marks: HOME, members: [blue, blue] },
          { id: 'B', marks: {}, members: [green, green] },
        ]),
      ),
    );
    // Each run is given an hour.
    rig.settleMs = 5_400_000;
    await rig.run('promote');
    if (verb === 'rollback') await rig.run('rollback');
    const ended = rig.fake.clock.monotonic();
    await rig.run('cleanup', { wait: true });
    const end = rig.fake.asked.find(({ what }) => what.startsWith('terminate'));
    return (end?.at ?? 0) - ended;
  }

  test.each(['promote', 'rollback'] as const)(
    'that moved production (%s) nothing is ended on old answers',
    async (verb) => {
      expect(await terminatesAfter(verb)).toBeGreaterThan(1_500_000);
    },
  );

  test('these verbs move production, and no others', () => {
    const moving = Object.values(tasks).filter(({ movesProduction }) => movesProduction);
    expect(moving.map(({ verb }) => verb)).toEqual(['promote', 'rollback']);
  });
});
