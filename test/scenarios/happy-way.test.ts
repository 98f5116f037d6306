import { describe, expect } from 'vitest';
import { poll } from '../support/poll.ts';
import { scenario, type Rig, type Status } from '../support/rig.ts';

interface Stage {
  readonly task: string;
  readonly production: string;
  readonly test: string;
  readonly roles: Readonly<Record<string, string>>;
  /** The verbs that are accepted then. */
  readonly verbs: string;
}

/** A deploy with a change of mind in it: where things are after each task. */
const WAY: readonly Stage[] = [
  {
    task: 'up --release 42',
    production: '41 × 3',
    test: '42 × 3',
    roles: { '41': 'blue', '42': 'green' },
    verbs: 'promote',
  },
  {
    task: 'promote',
    production: '42 × 3',
    test: '41 × 3',
    roles: { '41': 'parked', '42': 'blue' },
    verbs: 'rollback cleanup',
  },
  {
    task: 'rollback',
    production: '41 × 3',
    test: '42 × 3',
    roles: { '41': 'blue', '42': 'rejected' },
    verbs: 'promote cleanup',
  },
  {
    task: 'promote',
    production: '42 × 3',
    test: '41 × 3',
    roles: { '41': 'parked', '42': 'blue' },
    verbs: 'rollback cleanup',
  },
  { task: 'cleanup --wait', production: '42 × 3', test: '', roles: { '42': 'blue' }, verbs: 'up' },
];
const TASKS = WAY.map(({ task }) => task);

/** Waits until these verbs are accepted: a parked fleet becomes healthy in the test group, what drains comes to its end. */
async function accepting(shop: Rig, wanted: string): Promise<Status> {
  let status = await shop.status();
  const accepted = (): string =>
    status.verbs
      .filter((verb) => verb.accepted)
      .map(({ verb }) => verb)
      .join(' ');
  await poll(
    async () => accepted() === wanted || ((status = await shop.status()), false),
    `${wanted} to be accepted`,
    20_000,
  );
  return status;
}

/** Since `release` serves alone, no other one may answer. */
async function expectOnly(shop: Rig, release: string): Promise<void> {
  const before = await shop.answered();
  await poll(
    async () => ((await shop.answered())[release] ?? 0) > (before[release] ?? 0) + 10,
    `traffic of ${release}`,
  );
  const others = Object.entries(await shop.answered()).filter(
    ([name, count]) => name !== release && count > (before[name] ?? 0),
  );
  expect(others).toEqual([]);
}

describe.concurrent('the happy way', () => {
  scenario('up, promote, rollback, promote and cleanup move what they say, and no client notices', async ({ rig }) => {
    const shop = await rig({ rate: 60, registration: 1500 });
    expect(shop.where()).toEqual({ 'shop-production': '41 × 3', 'shop-test': '' });
    for (const { task, production, test, roles, verbs } of WAY) {
      await shop.task(task);
      expect(shop.where(), task).toEqual({ 'shop-production': production, 'shop-test': test });
      const { fleets } = await accepting(shop, verbs);
      expect(Object.fromEntries(fleets.map(({ release, role }) => [release, role])), task).toEqual(roles);
      await expectOnly(shop, production.slice(0, 2));
    }
    expect(shop.instancesOf('41')).toEqual([]);
    expect(shop.health.lowest()).toBe(3);
    await shop.expectNoFailures();
    const history = (await shop.run('history --json')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(history.map(({ verb, outcome }) => `${verb} ${outcome}`)).toEqual([
      'cleanup done',
      'promote done',
      'rollback done',
      'promote done',
      'up done',
    ]);
    expect(history.every(({ who, awsRequests }) => who.includes('@') && awsRequests > 0)).toBe(true);
  });

  scenario('a fleet of one instance is switched like any other', async ({ rig }) => {
    const shop = await rig({ instances: 1 });
    for (const task of TASKS) await shop.task(task);
    expect(shop.where()).toEqual({ 'shop-production': '42 × 1', 'shop-test': '' });
    expect(shop.health.lowest()).toBe(1);
    await shop.expectNoFailures();
  });

  scenario('two production groups are switched together, each at its own port', async ({ rig }) => {
    const production = [
      { name: 'shop-production', port: 8080 },
      { name: 'shop-admin', port: 9090 },
    ];
    const shop = await rig({ production, instances: 2 });
    await shop.task('up --release 42');
    await shop.task('promote');
    await shop.task('rollback');
    await shop.task('promote');
    const { pools } = await shop.status();
    const seen = pools.map(({ name, targets }) => {
      const registered = targets.filter(({ state }) => state !== 'draining');
      return [name, ...registered.map(({ release, port }) => `${release}:${port}`)];
    });
    expect(seen).toEqual([
      ['shop-production', '42:8080', '42:8080'],
      ['shop-admin', '42:9090', '42:9090'],
      ['shop-test', '41:8080', '41:8080'],
    ]);
    await shop.task('cleanup --wait');
    expect(shop.health.lowest()).toBe(2);
    await shop.expectNoFailures();
  });

  scenario('adopt tags what serves now, and from then on the fleet is like any other', async ({ rig }) => {
    const shop = await rig({ adopted: false });
    const refused = await shop.task('up --release 42', 'refused');
    expect(refused).toMatchObject({ code: 'not-adopted', exitCode: 2 });
    expect(refused.next.join()).toContain('turnout adopt --release');
    await shop.task('adopt --release 41');
    expect(await shop.roles()).toEqual({ '41': 'blue' });
    expect(await shop.task('adopt --release 41', 'refused')).toMatchObject({ code: 'adopted-already' });
    for (const task of TASKS) await shop.task(task);
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '' });
    await shop.expectNoFailures();
  });

  scenario('with --plan each task shows its steps and changes nothing', async ({ rig }) => {
    const shop = await rig();
    for (const { task, production } of WAY) {
      shop.forgetRequests();
      const before = shop.where();
      const planned = await shop.run(`${task} --plan --json`);
      expect(planned.exitCode, planned.stdout).toBe(0);
      const steps = planned.lines.find(({ type }) => type === 'planned')?.['steps'] as readonly object[];
      expect(steps.length, task).toBeGreaterThan(0);
      expect(shop.changes, task).toEqual([]);
      expect(shop.where()).toEqual(before);
      await shop.task(task);
      expect(shop.where()['shop-production']).toEqual(production);
    }
    const history = await shop.run('history --json');
    expect(history.stdout.trim().split('\n'), 'a plan is no run').toHaveLength(WAY.length);
    await shop.expectNoFailures();
  });

  scenario('a second deploy starts where the first one ended', async ({ rig }) => {
    const shop = await rig({ releases: ['41', '42', '43'], instances: 2 });
    for (const release of ['42', '43']) {
      await shop.task(`up --release ${release}`);
      await shop.task('promote');
      await shop.task('cleanup --wait');
    }
    expect(shop.where()).toEqual({ 'shop-production': '43 × 2', 'shop-test': '' });
    expect(shop.instancesOf('42')).toEqual([]);
    await shop.expectNoFailures();
  });
});
