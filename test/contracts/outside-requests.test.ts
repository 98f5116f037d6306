import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { TrafficConfig } from '../../src/config/config.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.ts';
import { isRefusal, type Verb } from '../../src/domain/goal.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { openTraffic } from '../../src/traffic/index.ts';
import { tasks, type AnyOptions } from '../../tasks/index.ts';
import { planFor } from '../laws/check.ts';
import { openSession } from '../support/aws.ts';
import { callElbv2, quickSandbox } from '../support/quick-sandbox.ts';
import { weightedWorld } from '../support/weighted-worlds.ts';
import { HOME, OWNER, PROMOTED, world, type FleetSpec } from '../support/worlds.ts';

/** How many requests a look at what the config does not name takes: docs/permissions.md says it. */

const GROUPS = [{ targetGroup: 'shop-blue' }, { targetGroup: 'shop-green' }] as const;
const SWITCH = {
  retentionMs: 60_000,
  residualTraffic: { requests: 10, withinMs: 60_000 },
  steps: [100],
  everyMs: 1000,
};
const SIDES = [
  { id: 'blue', loadBalancer: 'shop-blue', weight: 100 },
  { id: 'green', loadBalancer: 'shop-green', weight: 0 },
];

interface Kind {
  readonly world: SandboxOptions;
  readonly traffic: (sandbox: Sandbox) => TrafficConfig;
}

const at = (sandbox: Sandbox, index: number) => ({
  loadBalancer: 'shop',
  port: Number(new URL(sandbox.elbv2.urls()[index]!.url).port),
});

const KINDS: Readonly<Record<TrafficConfig['kind'], Kind>> = {
  'target-groups': {
    world: { production: [{ name: 'shop-blue', port: 8080 }], test: [{ name: 'shop-green', port: 8080 }] },
    traffic: () => ({ kind: 'target-groups', production: [GROUPS[0]], test: [GROUPS[1]] }),
  },
  'weighted-listener': {
    world: {
      production: [{ name: 'shop-blue', port: 8080 }],
      test: [{ name: 'shop-green', port: 8080 }],
      weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
    },
    traffic: (sandbox) => ({
      kind: 'weighted-listener',
      groups: GROUPS,
      production: [at(sandbox, 0)],
      test: [at(sandbox, 1)],
      stickiness: 'keep',
      ...SWITCH,
    }),
  },
  'weighted-dns': {
    world: {
      production: [
        { name: 'shop-blue', port: 8080, loadBalancer: 'shop-blue' },
        { name: 'shop-green', port: 8080, loadBalancer: 'shop-green', serves: false },
      ],
      test: [],
      dns: { processing: 0, propagation: 0, insync: 0, names: [{ name: 'www.shop.test', sides: SIDES }] },
    },
    traffic: () => ({
      kind: 'weighted-dns',
      groups: GROUPS,
      production: [{ name: 'www.shop.test', zone: 'shop.test', type: 'A', blue: 'blue', green: 'green' }],
      ...SWITCH,
    }),
  },
};

/** Requests of a look, once the environment itself was read; and of one with another target group in the account. */
async function looked(kind: Kind): Promise<readonly number[]> {
  const sandbox = await quickSandbox(kind.world);
  onTestFinished(async () => sandbox.close());
  const config = { traffic: kind.traffic(sandbox), file: 'shop.yml' };
  const port = await openTraffic(config, openSession(sandbox.url), OWNER);
  await Promise.all([port.read(), port.readTraffic()]);
  const instances = sandbox.blue.map((id) => ({ id }));
  const count = async (): Promise<number> => {
    const before = sandbox.requests.all.length;
    await Promise.all([port.look({ instances, among: 'some' }), port.lookAround()]);
    return sandbox.requests.all.length - before;
  };
  const alone = await count();
  const { TargetGroups } = await callElbv2(sandbox, 'DescribeTargetGroups', { Names: ['shop-blue'] });
  const { VpcId } = TargetGroups[0];
  await callElbv2(sandbox, 'CreateTargetGroup', { Name: 'another', Protocol: 'HTTP', Port: 80, VpcId });
  return [alone, await count()];
}

async function section(): Promise<string> {
  const text = await readFile(path.resolve(import.meta.dirname, '../../docs/permissions.md'), 'utf8');
  return text.slice(text.indexOf('## What a look around costs'));
}

test.each(Object.entries(KINDS))('of %s', async (name, kind) => {
  const [, said] = new RegExp(`^\\| \`${name}\` +\\| (\\d+) +\\|`, 'm').exec(await section()) ?? [];
  const [alone = 0, another] = await looked(kind);
  expect(String(alone)).toBe(said);
  expect(another).toBe(alone + 1);
});

test('and which verbs take one', async () => {
  const text = await section();
  for (const { verb, looksOutside } of Object.values(tasks)) {
    const [, said] = new RegExp(`^\\| \`${verb}\` +\\| (\\w+)`, 'm').exec(text) ?? [];
    expect(said, verb).toBe({ all: 'all', some: 'up', no: 'none' }[looksOutside]);
  }
});

describe('how often it is looked again', () => {
  const SERVES = { prod: 'healthy' } as const;
  const TRIED = { test: 'healthy' } as const;
  const BLUE: FleetSpec = { id: 'A', marks: HOME, members: [SERVES, SERVES] };
  const GREEN: FleetSpec = { id: 'B', marks: {}, members: [TRIED, TRIED] };
  const SWITCHED = world([
    { ...BLUE, members: [TRIED, TRIED] },
    { ...GREEN, marks: PROMOTED, members: [SERVES, SERVES] },
  ]);
  const DIVIDED = weightedWorld({
    fleets: [
      { ...BLUE, members: [{ one: 'healthy' }] },
      { ...GREEN, members: [{ two: 'healthy' }] },
    ],
    production: [0],
    test: 100,
  });
  /** Worlds in which the verb has everything to do. */
  const BEFORE: Readonly<Partial<Record<Verb, readonly [Snapshot, AnyOptions]>>> = {
    up: [world([BLUE]), { release: 'C' }],
    promote: [world([BLUE, GREEN]), {}],
    cleanup: [SWITCHED, {}],
    rollback: [SWITCHED, {}],
    drain: [world([BLUE]), { instances: ['A-0'] }],
  };

  async function looks(verb: Verb, snapshot: Snapshot, wish: AnyOptions): Promise<number> {
    const answer = await planFor(snapshot, verb, wish);
    if (isRefusal(answer)) throw new Error(answer.message);
    return answer.plan.steps.filter((step) => behaviourOf(step).readsBefore(snapshot).outsideOf !== undefined).length;
  }

  test.each(Object.entries(BEFORE))('by %s', async (verb, [snapshot, wish]) => {
    const [, said] = new RegExp(`^\\| \`${verb}\` +\\|[^|]*\\| (\\d+)`, 'm').exec(await section()) ?? [];
    expect(String(await looks(verb as Verb, snapshot, wish))).toBe(said);
  });

  test('with weights not at all, until something ends', async () => {
    expect(await looks('promote', DIVIDED, {})).toBe(0);
  });
});
