import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { poll } from '../support/poll.ts';
import { scenario, type Rig } from '../support/rig.ts';

/** What is typed wrong, and what the answer says; test/unit/wrong-usage.test.ts has more. */
const WRONG: readonly (readonly [command: string, says: RegExp])[] = [
  ['', /Which command\?[\s\S]*--help/],
  ['promote --min-helthy 2', /does not know --min-helthy\.[\s\S]*Did you mean --min-healthy\?[\s\S]*--help/],
  ['promote --batch half', /--batch takes a number of instances, or a percentage[\s\S]*--batch 2 or --batch 25%/],
  ['promote --plan=yes', /--plan takes no value/],
  ['up v1.2.0', /`turnout up` needs --release\.[\s\S]*Did you mean --release v1\.2\.0\?/],
  ['history --limit abc', /--limit takes a whole number from 1 to 100000/],
  ['status --config nowhere.yml', /nowhere\.yml/],
];

/** A sentence and advice on stderr, nothing on stdout, and never a stack. */
async function expectUsage(shop: Rig, command: string, says: RegExp): Promise<void> {
  const { exitCode, stdout, stderr } = await shop.run(command);
  expect(exitCode, `${command}: ${stderr}`).toBe(2);
  expect(stderr).toMatch(says);
  expect(stderr, 'what is wrong, then what to do').toMatch(/^turnout: [A-Z`-].*[.?]\n {2}\S/);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stdout).toBe('');
}

describe.concurrent('the command line', () => {
  scenario(
    'what is typed wrong is answered with a sentence and exit code 2, before anything is asked of AWS',
    async ({ rig }) => {
      const shop = await rig({ instances: 1 });
      shop.forgetRequests();
      for (const [command, says] of WRONG) await expectUsage(shop, command, says);
      const json = await shop.run('promote --min-helthy 2 --json');
      expect(json.lines).toMatchObject([{ v: 1, type: 'finished', result: 'refused', code: 'usage', exitCode: 2 }]);
      for (const command of ['-h', 'history -h']) {
        const { exitCode, stdout } = await shop.run(command);
        expect([exitCode, stdout], command).toEqual([0, (await shop.run(command.replace('-h', '--help'))).stdout]);
        expect(stdout, command).toMatch(/^turnout [\s\S]*-h, --help/);
      }
      expect(shop.sandbox.requests.all).toEqual([]);
      await shop.expectNoFailures();
    },
  );

  scenario('a broken config tells every mistake with its place, and exits with 2', async ({ rig }) => {
    const shop = await rig({ instances: 1 });
    const file = path.join(shop.folder, 'shop.yml');
    await writeFile(
      file,
      'environment: Shop!\nflet: { kind: ec2 }\ntraffic: { kind: target-groups, production: [] }\nprofile: ${NOT_SET_ANYWHERE}\n',
    );
    for (const command of ['status', 'promote --yes', 'up --release 42 --yes', 'history']) {
      const { exitCode, stderr, stdout } = await shop.run(command);
      expect(exitCode, stderr).toBe(2);
      expect(stdout).toBe('');
      for (const says of [/shop\.yml:1:\d+/, /shop\.yml:2:1.*flet/, /fleet/, /shop\.yml:3:\d+/, /NOT_SET_ANYWHERE/])
        expect(stderr).toMatch(says);
    }
    await shop.expectNoFailures();
  });

  scenario('each command writes JSON lines with version, time and type, in success and refusal', async ({ rig }) => {
    const shop = await rig({ instances: 1 });
    await shop.task('up --release 42');
    for (const [command, type] of [
      ['status', 'status'],
      ['status --all', 'status'],
      ['rollback --yes', 'started'],
      ['lock', 'lock'],
      ['history', 'run'],
      ['store create', 'store'],
      ['unlock --yes', 'finished'],
      ['abandon --yes', 'finished'],
      ['history --limit', 'finished'],
      ['history --config nowhere.yml', 'finished'],
    ] as const) {
      const { lines, stdout } = await shop.run(`${command} --json`);
      expect(stdout.trimEnd().split('\n'), command).toHaveLength(lines.length);
      expect(lines[0], command).toMatchObject({ v: 1, at: expect.stringMatching(/^\d{4}-.*Z$/) as string, type });
    }
    await shop.expectNoFailures();
  });

  scenario('status --watch --json writes one line after the other until Ctrl-C', async ({ rig }) => {
    const shop = await rig({ instances: 1 });
    const watch = shop.start('status --watch --json');
    await poll(() => watch.lines.length > 2, 'a third line', 30_000);
    watch.kill('SIGINT');
    const looks = shop.sandbox.requests.all.filter(({ operation }) => operation === 'DescribeInstanceStatus').length;
    expect(looks, 'what the config does not name is looked for once a minute, by two requests of these').toBe(2);
    const { exitCode, lines } = await watch.ended;
    expect(exitCode).toBe(0);
    expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(['status']));
    await shop.expectNoFailures();
  });

  scenario('a pipe that is closed (| head -1) does not stop a run half-way', async ({ rig }) => {
    const shop = await rig({ registration: 300 });
    await shop.task('up --release 42');
    for (const [flags, there] of [
      ['', '42'],
      [' --json', '41'],
    ] as const) {
      const task = there === '42' ? 'promote' : 'rollback';
      await shop.healthyIn('shop-test', there);
      const program = shop.start(`${task} --yes${flags}`);
      await program.firstOutput();
      program.closePipe();
      const { exitCode, signal, stderr } = await program.ended;
      expect([exitCode, signal], stderr).toEqual([0, null]);
      expect(stderr).not.toMatch(/EPIPE|^\s+at /m);
      expect(shop.where()['shop-production']).toBe(`${there} × 3`);
      expect(await shop.underWay()).toEqual({ goal: undefined, lease: undefined });
    }
    expect(shop.health.lowest()).toBe(3);
    await shop.expectNoFailures();
  });

  scenario('a second Ctrl-C ends it at once, and the next command goes on', async ({ rig }) => {
    const shop = await rig({ registration: 500 });
    await shop.task('up --release 42');
    const undo = shop.slow('RegisterTargets', 20_000);
    const promote = shop.start('promote --yes --json');
    await promote.reaches('register shop-production');
    promote.kill('SIGINT');
    await promote.line(({ type, message }) => type === 'warning' && String(message).includes('Press Ctrl-C again'));
    promote.kill('SIGINT');
    const ended = await promote.ended;
    undo();
    expect([ended.exitCode, ended.signal]).toEqual([null, 'SIGINT']);
    expect(ended.stderr).toMatch(/Stopped immediately\..*turnout status.*turnout resume.*\nThe lease/s);
    expect(await shop.underWay()).toMatchObject({ goal: 'promote' });
    await shop.task('promote');
    expect(shop.where()).toEqual({ 'shop-production': '42 × 3', 'shop-test': '41 × 3' });
    expect(shop.health.lowest()).toBe(3);
    await shop.expectNoFailures();
  });

  scenario(
    'lines for people: each step once, the reason of each wait, and where things stand at the end',
    async ({ rig }) => {
      const shop = await rig({ instances: 2, registration: 400 });
      const up = await shop.run('up --release 42 --yes');
      expect(up.exitCode, up.stderr).toBe(0);
      expect(up.stdout).toMatch(
        /launch 2 instances of 42[\s\S]*wait until every instance runs[\s\S]*register 2 instances of 42 with shop-test/,
      );
      expect(up.stdout).toMatch(/\d\/2 healthy/);
      expect(up.stdout).toContain(shop.sandbox.test[0]!.url);
      expect(up.stdout).not.toContain('\u001B');
      const status = await shop.run('status');
      expect(status.stdout).toMatch(/shop-production[\s\S]*shop-test[\s\S]*promote/);
      const history = await shop.run('history');
      expect(history.stdout).toMatch(/up.*42.*done|done.*up.*42/);
      await poll(async () => (await shop.answered())['41']! > 10, 'traffic');
      await shop.expectNoFailures();
    },
  );
});
