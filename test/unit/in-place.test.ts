import { PLAIN } from '../support/worlds.ts';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { HookConfig, HooksConfig } from '../../src/config/config.ts';
import { leftTagCount, noteTags, notesIn } from '../../src/fleets/notes.ts';
import type { Instance, Membership, Pool, Snapshot } from '../../src/domain/snapshot.ts';
import { parseAmount } from '../../src/domain/amount.ts';
import { batchSize } from '../../src/domain/batches.ts';
import { minimumWhileOut, wouldLack } from '../../src/domain/in-place.ts';
import { createGuardian } from '../../src/programs/guardian.ts';
import type { RunEvent } from '../../src/run/event.ts';
import { createHooks } from '../../src/run/hooks/hooks.ts';
import { createInstanceProbe } from '../../src/run/deploys/instance-probe.ts';
import { HOME, world } from '../support/worlds.ts';
import { rolling } from '../../tasks/rolling.ts';
import type { OptionsOf } from '../../tasks/options.ts';
import type { GoalOf, Refusal } from '../../src/domain/goal.ts';
import type { Plan } from '../../src/plan/plan.ts';

describe('notes on an instance', () => {
  const places = Array.from({ length: 12 }, (_, n): Membership => ({
    pool: `shop-${'x'.repeat(20)}-${n}`,
    port: 8080 + n,
  }));

  /** What a further reading of the tags says. */
  function read(tags: Readonly<Record<string, string>>): Pick<Instance, 'left' | 'deploy'> {
    return notesIn((name) => tags[name]);
  }

  test('of more places than one tag holds are read as they were written', () => {
    const { write, remove } = noteTags({ left: places, deploy: { release: 'v1=2', run: 'r1', state: 'started' } });
    expect(Object.keys(write)).toEqual(['deploy', 'left', 'left.2']);
    expect(Math.max(...Object.values(write).map(({ length }) => length))).toBeLessThanOrEqual(256);
    expect(remove).toEqual([]);
    expect(read(write)).toEqual({ left: places, deploy: { release: 'v1=2', run: 'r1', state: 'started' } });
  });

  test('take away the tags that fewer places do not need', () => {
    const instance: Instance = { id: 'i-a', zone: 'a', state: 'running', launchedAt: 0, left: places };
    expect(leftTagCount(instance)).toBe(2);
    expect(noteTags({ left: [] }, 2)).toEqual({ write: {}, remove: ['left', 'left.2'] });
    expect(noteTags({ left: places.slice(0, 1) }, 2).remove).toEqual(['left.2']);
    expect(noteTags({ release: '42' }, 2)).toEqual({ write: { release: '42' }, remove: [] });
  });

  test('that were edited by hand are ignored', () => {
    expect(read({ left: 'nonsense', deploy: '42 r1' })).toEqual({});
  });
});

describe('what a pool keeps', () => {
  const each = { prod: 'healthy', test: '-' } as const;
  const two = world([{ id: 'A', marks: {}, members: [each, each] }], { groups: ['prod'], zones: ['a', 'b'] });
  const within: Snapshot = { ...two, pools: two.pools.map((pool): Pool => ({ ...pool, crossZone: false })) };

  const four = world([{ id: 'A', marks: HOME, members: [each, each, each, each] }], {
    groups: ['prod'],
    zones: ['a', 'b'],
  });

  async function pinned(snapshot: Snapshot, options: OptionsOf<typeof rolling.options>) {
    const requestedBy = { run: 'r1', who: 'ann', since: '2026-01-01T00:00:00.000Z' };
    const delivery = { words: './deploy.sh', check: false, migrate: 'no' } as const;
    const resolve = async () => ({ kind: '', summary: [], batches: [], request: {} });
    return rolling.pinGoal({ snapshot, options, requestedBy, settings: PLAIN, resolve, delivery });
  }

  test('the only one of a zone may leave, where the others serve the clients of that zone', () => {
    expect(wouldLack(two, ['A-0'], minimumWhileOut(two, ['A-0'], 1, undefined))).toBeUndefined();
    expect(wouldLack(within, ['A-0'], minimumWhileOut(within, ['A-0'], 1, undefined))).toMatch(/1 short in a/);
  });

  test('a batch that takes all of a zone is refused, with the one that would do', async () => {
    const goal = await pinned(four, { release: '42', batch: { percent: 50 } });
    const plan = rolling.plan(four, goal as GoalOf<'rolling'>);
    expect(plan).toMatchObject({
      refused: 'not-safe',
      message: 'Taking A-0 and A-2 out of prod would leave it 1 short in a, of what it must keep in each zone.',
      next: [expect.stringContaining('--batch 1'), expect.anything(), expect.stringContaining('--allow-downtime')],
    });
  });

  test('a batch against a minimum that was asked for is refused, and whatever is advised is accepted', async () => {
    const snapshot = world([{ id: 'A', marks: HOME, members: Array.from({ length: 20 }, () => each) }], {
      groups: ['prod'],
      zones: ['a', 'b'],
    });
    const options = { release: '42', batch: { percent: 25 }, minHealthy: { percent: 90 } } as const;
    const plan = rolling.plan(snapshot, (await pinned(snapshot, options)) as GoalOf<'rolling'>) as Refusal;
    expect(plan.next.slice(0, 2)).toEqual([
      '`--batch 2` keeps enough healthy.',
      '`--min-healthy 15` accepts fewer healthy targets.',
    ]);
    for (const other of [{ batch: { count: 2 } }, { minHealthy: { count: 15 } }]) {
      const followed = await pinned(snapshot, { ...options, ...other });
      expect(rolling.plan(snapshot, followed as GoalOf<'rolling'>)).toHaveProperty('steps');
    }
  });

  test('a fleet of several releases is shown, and asked about', async () => {
    const fleet = {
      ...four.fleets[0]!,
      instances: four.fleets[0]!.instances.map((one, n) => ({ ...one, release: n === 0 ? '42' : '41' })),
    };
    const mixed: Snapshot = { ...four, fleets: [fleet] };
    const goal = (await pinned(mixed, { release: '42' })) as GoalOf<'rolling'>;
    expect(rolling.question(mixed, goal)).toBe(
      'The fleet is mixed: 3 of 41 and 1 of 42. Deploy 42 to 3 instances, 1 at a time?',
    );
    const { notes } = rolling.plan(mixed, goal) as Plan;
    expect(notes).toContain('The fleet is mixed: 3 of 41 and 1 of 42.');
    expect(notes).toContain('Skipped, since it carries 42 already: A-0.');
    expect(rolling.question(four, (await pinned(four, { release: '42' })) as GoalOf<'rolling'>)).not.toContain('mixed');
  });

  test('a batch is a number or a share, rounded down, and never none', () => {
    expect(['3', '25%', '1%', '100%'].map((text) => batchSize(parseAmount(text)!, 10))).toEqual([3, 2, 1, 10]);
    for (const text of ['101%', 'half', '-1', '1.5', '', '3 %']) expect(parseAmount(text)).toBeUndefined();
  });
});

describe('hooks', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'hooks-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function hooksOf(afterTask: readonly Partial<HookConfig>[], events: RunEvent[] = []) {
    const full = afterTask.map((hook): HookConfig => ({
      run: [],
      timeoutMs: 20_000,
      retries: 0,
      onError: 'stop',
      ...hook,
    }));
    const none = { beforeTask: [], beforeInstance: [], afterInstance: [], onFailure: [], onRollback: [] };
    const config: HooksConfig = { folder, ...none, afterTask: full };
    const emit = (event: RunEvent): void => void events.push(event);
    return createHooks(config, { emit, clock: systemClock, guardian: createGuardian(0), variables: () => ({}) });
  }

  /** Fails as often as asked, then writes its arguments. */
  const script = (failures: number): readonly string[] => [
    process.execPath,
    '-e',
    `const fs = require('node:fs'); fs.appendFileSync('tries', 'x');
     if (fs.readFileSync('tries').length <= ${failures}) process.exit(7);
     console.log(process.env.TURNOUT_HOOK, process.env.TURNOUT_VERB, process.env.TURNOUT_RELEASE, process.env.TURNOUT_RESULT);`,
  ];
  const occasion = { verb: 'rolling' as const, release: '42', result: 'done' };

  test('get the occasion, and are tried again', async () => {
    const events: RunEvent[] = [];
    const hooks = hooksOf(
      [
        { run: script(1), retries: 1 },
        { run: ['no-such'], tasks: ['promote'] },
      ],
      events,
    );
    expect(await hooks.run('afterTask', occasion)).toBe(true);
    expect(events.map((event) => (event.type === 'output' ? event.line : event.type))).toEqual([
      'warning',
      'afterTask rolling 42 done',
    ]);
    expect(await hooks.run('onFailure', occasion)).toBe(false);
  });

  test('stop a run when they fail, or warn', async () => {
    await expect(hooksOf([{ run: script(9) }]).run('afterTask', occasion)).rejects.toMatchObject({
      code: 'hook-failed',
    });
    const events: RunEvent[] = [];
    await hooksOf([{ run: ['no-such-program'], onError: 'warn' }], events).run('afterTask', occasion);
    expect(events[0]).toMatchObject({ type: 'warning', message: expect.stringContaining('cannot be started') });
  });

  test('that take too long are ended', async () => {
    const hang = [process.execPath, '-e', 'setInterval(() => {}, 1000)'];
    const run = hooksOf([{ run: hang, timeoutMs: 100 }]).run('afterTask', occasion);
    await expect(run).rejects.toThrow(/time limit/);
  });
});

test('instances are asked whether they answer, and whether they are idle: not before the time is over', async () => {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(url === '/busy' ? 503 : 200).end('release 42');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://{address}:${(server.address() as AddressInfo).port}`;
  const instance: Instance = { id: 'i-a', zone: 'a', state: 'running', launchedAt: 0, address: '127.0.0.1' };
  let now = 0;
  const clock = { ...systemClock, monotonic: () => now };
  const timeoutMs = 2000;
  const probe = (url: string) =>
    createInstanceProbe(
      {
        instanceCheck: { url: base + url, contains: 'release {release}', timeoutMs },
        drainCheck: { url: base + url, afterMs: 15_000, timeoutMs },
      },
      clock,
    );
  expect(await probe('/{instance}').check(instance, '42')).toBe('ok');
  expect(await probe('/').check(instance, '43')).toMatch(/answered without release 43/);
  expect(await probe('/busy').check(instance, '42')).toMatch(/answered 503/);
  expect(asked).toEqual(['/i-a', '/', '/busy']);
  const idle = probe('/idle');
  expect(await idle.isIdle(instance)).toBe(false);
  now = 15_000;
  expect([await idle.isIdle(instance), await probe('/busy').isIdle(instance)]).toEqual([true, false]);
  expect(asked.slice(3)).toEqual(['/idle']);
  server.close();
  await once(server, 'close');
  expect(await idle.check(instance, '42')).not.toBe('ok');
});
