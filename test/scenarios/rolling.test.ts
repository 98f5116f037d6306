import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { DEPLOYS, giveScript, linesIn, setFate } from '../support/deploys.ts';
import { targetsIn } from '../support/health-watch.ts';
import { poll } from '../support/poll.ts';
import { finished } from '../support/program.ts';
import { scenario, type Rig, type RigOptions } from '../support/rig.ts';

const WEB = { name: 'shop-production', port: 8080 };
const ADMIN = { name: 'shop-admin', port: 9090 };
/** Only one of the two groups that serve is in the config. */
const TRAFFIC =
  '{ kind: target-groups, production: [{ targetGroup: shop-production, port: 8080 }], test: [{ targetGroup: shop-test }] }';

type Start = (options?: RigOptions) => Promise<Rig>;

async function shopWith(rig: Start, { config, ...options }: RigOptions = {}): Promise<Rig> {
  const shop = await rig({ config: { ...DEPLOYS, ...config }, ...options });
  await giveScript(shop);
  return shop;
}

/** `port` of each target, by group. */
function places(shop: Rig): readonly string[] {
  return shop.sandbox.production.flatMap(({ name, arn }) =>
    targetsIn(shop.sandbox, arn).map(({ id, port, state }) => `${name} ${id}:${port} ${state}`),
  );
}

function without(tags: readonly string[], id: string): readonly string[] {
  return tags.filter((line) => !line.includes(id));
}

describe.concurrent('a rolling deploy', () => {
  scenario('goes through every group that holds an instance, and no client notices', async ({ rig }) => {
    const shop = await shopWith(rig, {
      instances: 4,
      production: [WEB, ADMIN],
      config: { traffic: TRAFFIC },
      rate: 40,
    });
    const before = places(shop);
    const ended = await shop.run('rolling --release 42 --yes --json');
    expect(finished(ended)).toMatchObject({ result: 'done', exitCode: 0 });
    expect(places(shop).toSorted()).toEqual(before.toSorted());
    expect(shop.instancesOf('42')).toHaveLength(4);
    expect(shop.health.lowest()).toBe(3);
    const zones = (await shop.status()).fleets[0]?.instances.map(({ id, zone }) => [id, zone] as const);
    const order = (await linesIn(shop, 'deploys')).filter((line) => !line.endsWith('done'));
    expect(order.map((line) => new Map(zones).get(line.split(' ')[1] ?? ''))).toEqual([
      'eu-west-1a',
      'eu-west-1a',
      'eu-west-1b',
      'eu-west-1b',
    ]);
    const output = ended.lines.filter(({ type }) => type === 'output');
    expect(output.map(({ line, instance }) => `${String(line)} ${String(instance)}`)).toEqual(
      order.map((line) => `installing ${line}`),
    );
    expect((await shop.task('rolling --release 42')).message).toContain('Nothing to do');
    for (const meter of shop.meters) expect((await meter.read()).ok).toBeGreaterThan(50);
    await shop.expectNoFailures();
  });

  scenario('as a control: the same deploys in traffic fail requests', async ({ rig }) => {
    const shop = await shopWith(rig, { instances: 2, rate: 100 });
    const ids = shop.instancesOf('41').map((id) => `--instance ${id}`);
    const plan = await shop.run(`deploy ${ids.join(' ')} --release 42 --plan --json`);
    expect(JSON.stringify(plan.lines)).toContain('requests may fail');
    shop.mayFail('it is deployed in traffic');
    await shop.task(`deploy ${ids.join(' ')} --release 42`);
    const [result] = await Promise.all(shop.meters.map((meter) => meter.stop()));
    expect(result?.failed).toBeGreaterThan(0);
  });

  scenario('a deploy that fails leaves that instance out, touches nothing else, and is continued', async ({ rig }) => {
    const shop = await shopWith(rig, {});
    const before = places(shop);
    await setFate(shop, 'fail');
    const last = await shop.task('rolling --release 42', 'failed');
    const [first] = await linesIn(shop, 'deploys');
    const id = first?.split(' ')[1] ?? '';
    expect(last).toMatchObject({ exitCode: 3 });
    expect(last.message).toMatch(/exit code 3\s+no space left on device|no space left on device/);
    expect(last.message).toContain(`${id} is out of traffic and stays so`);
    expect(last.next.join('\n')).toContain('turnout rolling --release 42');
    expect(last.next.join('\n')).toContain('turnout rolling --release 41');
    expect(last.next.join('\n')).toContain('turnout join');
    expect(places(shop)).toEqual(without(before, id));
    await setFate(shop, '');
    await shop.task('resume');
    expect(places(shop).toSorted()).toEqual(before.toSorted());
    expect(shop.instancesOf('42')).toHaveLength(3);
    await shop.expectNoFailures();
  });

  scenario(
    'trap 5: a deploy that runs out of time is ended, stays out, and the release before is put back',
    async ({ rig }) => {
      const shop = await shopWith(rig, { config: { timeouts: '{ healthy: 20s, drained: 20s, deploy: 5s }' } });
      await setFate(shop, 'hang');
      const last = await shop.task('rolling --release 42', 'failed');
      expect(last).toMatchObject({ exitCode: 3 });
      expect(last.message).toContain('Time limit of 5 s passed');
      expect(places(shop)).toHaveLength(2);
      await setFate(shop, '');
      await shop.task('rolling --release 41');
      expect(places(shop)).toHaveLength(3);
      expect(shop.instancesOf('41')).toHaveLength(3);
      expect((await linesIn(shop, 'deploys')).filter((line) => line.endsWith('done'))).toHaveLength(1);
      await shop.expectNoFailures();
    },
  );

  scenario('a server that dies under its deploy ends the deploy at once, and the end says so', async ({ rig }) => {
    const shop = await shopWith(rig, {});
    const before = places(shop);
    await setFate(shop, 'hang');
    const program = shop.start('rolling --release 42 --yes --json');
    const { instance } = await program.line(({ type }) => type === 'output');
    const id = String(instance);
    shop.sandbox.faults.add({ kind: 'die', instance: id });
    const last = finished(await program.ended);
    expect(last).toMatchObject({ result: 'failed', exitCode: 3 });
    expect(last.message).toContain(`${id} went away meanwhile (terminated: `);
    expect(last.message).toContain('Deploying 42 was ended there.');
    expect(last.message).toContain('Production has what it must keep: 2 healthy in shop-production (2 of 41).');
    expect((await linesIn(shop, 'deploys')).map((line) => line.split(' ')[1])).toEqual([id]);
    expect(places(shop)).toEqual(without(before, id));
    await shop.expectNoFailures();
  });

  scenario('trap 6: the only instance is not taken away, but for --allow-downtime', async ({ rig }) => {
    const shop = await shopWith(rig, { instances: 1 });
    const no = await shop.task('rolling --release 42', 'refused');
    expect(no.message).toContain('would leave nothing healthy there');
    expect(no.next.join('\n')).toContain('--allow-downtime');
    expect((await shop.task(`drain ${shop.instancesOf('41')[0]}`, 'refused')).code).toBe('not-safe');
    expect(shop.changes).toEqual([]);
    await setFate(shop, 'fail');
    const failed = await shop.task('rolling --release 42 --allow-downtime', 'failed');
    expect(failed).toMatchObject({ exitCode: 4, code: 'needs-attention' });
    expect(failed.message).toContain('shop-production has 0 healthy');
    await setFate(shop, '');
    shop.mayFail('the only instance is out of traffic');
    await shop.task('resume');
    expect(shop.instancesOf('42')).toHaveLength(1);
  });

  scenario(
    'killed in the middle of a deploy, it goes on: the program ended with it, and everybody comes back',
    async ({ rig }) => {
      const shop = await shopWith(rig, {});
      const before = places(shop);
      await setFate(shop, 'hang');
      const program = shop.start('rolling --release 42 --yes --json');
      await program.line(({ type }) => type === 'output');
      program.kill('SIGKILL');
      await program.ended;
      await setFate(shop, '');
      await shop.task('resume');
      expect(places(shop).toSorted()).toEqual(before.toSorted());
      expect(shop.instancesOf('42')).toHaveLength(3);
      const deploys = await linesIn(shop, 'deploys');
      expect(deploys.filter((line) => line.endsWith('done'))).toHaveLength(3);
      await shop.expectNoFailures();
    },
  );
});

describe.concurrent("by hand, and by programs of one's own", () => {
  scenario('drain, deploy and join: what was left is on the tags, and --self knows who it is', async ({ rig }) => {
    const shop = await shopWith(rig, { production: [WEB, ADMIN], config: { traffic: TRAFFIC } });
    const before = places(shop);
    const [id = ''] = shop.instancesOf('41');
    const self = async (command: string): Promise<string> => {
      const variables = { AWS_EC2_METADATA_SERVICE_ENDPOINT: `${shop.sandbox.url}/_turnout/metadata/${id}` };
      return finished(await shop.start(`${command} --self --yes --json`, variables).ended).result;
    };
    expect(await self('drain')).toBe('done');
    expect(places(shop)).toEqual(without(before, id));
    await shop.task(`deploy --instance ${id} --release 42`);
    expect(await self('join')).toBe('done');
    expect(places(shop).toSorted()).toEqual(before.toSorted());
    const { pools } = await shop.status();
    expect(pools[0]?.targets.find((target) => target.id === id)?.release).toBe('42');
    expect((await shop.task(`join ${id}`)).message).toContain('Nothing to do');
    await shop.expectNoFailures();
  });

  scenario(
    'trap 8: migrations once, hooks around it, and a hook may call turnout under the same lease',
    async ({ rig }) => {
      const hook = (file: string): string => `{ run: ['${process.execPath}', ${file}] }`;
      const shop = await shopWith(rig, {
        config: {
          migrate: `{ kind: command, run: ['${process.execPath}', tell.mjs, migrate] }`,
          hooks: `{ beforeTask: [${hook('tell.mjs')}], beforeInstance: [${hook('nested.mjs')}], afterInstance: [${hook('tell.mjs')}], afterTask: [${hook('tell.mjs')}], onFailure: [${hook('tell.mjs')}] }`,
        },
      });
      await writeFile(
        path.join(shop.folder, 'tell.mjs'),
        "import fs from 'node:fs'; fs.appendFileSync('told', `${process.argv[2] ?? process.env.TURNOUT_HOOK} ${process.env.TURNOUT_RESULT ?? ''}`.trim() + '\\n');",
      );
      const turnout = path.resolve(import.meta.dirname, '../../dist/turnout.js');
      await writeFile(
        path.join(shop.folder, 'nested.mjs'),
        `import { execFileSync } from 'node:child_process'; import fs from 'node:fs';
       const run = (...args) => execFileSync(process.execPath, [${JSON.stringify(turnout)}, ...args], { encoding: 'utf8' });
       JSON.parse(run('status', '--json'));
       run('drain', process.env.TURNOUT_INSTANCES, '--yes', '--json');
       fs.appendFileSync('told', 'drained\\n');`,
      );
      await setFate(shop, 'fail');
      await shop.task('rolling --release 42', 'failed');
      await setFate(shop, '');
      await shop.task('resume');
      expect(shop.instancesOf('42')).toHaveLength(3);
      const told =
        'beforeTask, migrate, drained, onFailure failed, beforeTask, afterInstance, drained, afterInstance, drained, afterInstance, afterTask done';
      expect((await linesIn(shop, 'told')).join(', ')).toBe(told);
      // Two runs with one lease: a run, and what its hook has called.
      for (const meter of shop.meters) expect((await meter.stop()).failures).toEqual([]);
    },
  );

  scenario('a call under a lease that is gone is refused', async ({ rig }) => {
    const shop = await shopWith(rig, {});
    const [id = ''] = shop.instancesOf('41');
    const ended = await shop.start(`drain ${id} --yes --json`, { TURNOUT_LEASE: 'r0:1' }).ended;
    expect(finished(ended)).toMatchObject({ code: 'lease-lost', exitCode: 5 });
    expect(shop.changes).toEqual([]);
    await poll(() => places(shop).length === 3, 'nothing to have happened');
  });
});
