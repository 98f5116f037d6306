import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { TrafficConfig } from '../../src/config/config.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.ts';
import { openTraffic } from '../../src/traffic/index.ts';
import { tasks } from '../../tasks/index.ts';
import { openSession } from '../support/aws.ts';
import { callElbv2, quickSandbox } from '../support/quick-sandbox.ts';
import { OWNER } from '../support/worlds.ts';

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
