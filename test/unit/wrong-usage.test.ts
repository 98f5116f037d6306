import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { main } from '../../src/main.ts';
import { LEAST } from '../support/config.ts';

/** What is typed wrong, and what the answer says: what is wrong, what was expected, what to do. */
const WRONG: readonly (readonly [command: string, says: RegExp])[] = [
  ['', /Which command\?[\s\S]*--help/],
  ['promot', /`turnout promot` is not a command\.[\s\S]*Did you mean promote\?/],
  ['PROMOTE', /Did you mean promote\?/],
  ['stauts --watch', /`turnout stauts` is not a command\.[\s\S]*Did you mean status\?/],
  ['go', /`turnout go` is not a command\.\n {2}The commands are adopt, up, promote, /],
  ['version', /Did you mean --version\?/],
  ['help promote', /Did you mean `turnout promote --help`\?/],
  ['store', /`turnout store` is incomplete\.[\s\S]*Run `turnout store create`\./],
  ['store delete', /The only command of `turnout store` is `create`/],
  ['-x', /`turnout` does not know -x\.\n {2}`turnout` takes --config, --json, --help and --version\./],
  ['--jsn status', /does not know --jsn\.[\s\S]*Did you mean --json\?/],
  ['promote --min-helthy 2', /does not know --min-helthy\.[\s\S]*Did you mean --min-healthy\?[\s\S]*--help/],
  ['promote --floor 2', /does not know --floor\.[\s\S]*Did you mean --min-healthy\?/],
  ['unlock --force', /`turnout unlock` does not know --force\.\n {2}`turnout unlock` takes .*--yes/],
  ['unlock now', /`turnout unlock` does not know now\.\n {2}`turnout unlock` takes /],
  ['promote promote', /does not know promote\./],
  [
    'up --release 42 --watch-trafic=http://localhost --yess',
    /--watch-trafic and --yess\.[\s\S]*--watch-traffic and --yes\?/,
  ],
  ['up --releese 42', /does not know --releese\.[\s\S]*Did you mean --release\?/],
  ['up --release 42 --Count 3', /does not know --Count\.[\s\S]*Did you mean --count\?/],
  ['up', /`turnout up` needs --release/],
  ['up v1.2.0', /`turnout up` needs --release\.[\s\S]*Did you mean --release v1\.2\.0\?/],
  ['up --release', /--release takes a value/],
  ['up --release=', /--release takes 1 to 128 letters.*; found ""\.\n {2}For example: --release 42/],
  ['up --release 42 --release 43', /--release can be given only once/],
  ['up --release 42 -- --yes', /--yes comes after --, .*\n {2}Put it before: `turnout up --yes`/],
  ['up --release 42 --count 0', /--count takes a whole number from 1 to 1000; found "0"/],
  ['up --release 42 --count 1e9', /--count takes a whole number from 1 to 1000; found "1e9"/],
  ['up --release 42 --count three', /found "three"\.\n {2}For example: --count 3/],
  ['promote --batch half', /--batch takes a number of instances, or a percentage of them; found "half"[\s\S]*25%/],
  ['promote --batch 0', /--batch takes a number of instances/],
  ['promote --batch -2', /--batch takes a number of instances.*found "-2"/],
  ['promote --min-healthy two', /--min-healthy takes a number of healthy targets[\s\S]*--min-healthy 3 or .* 75%/],
  ['promote --min-healthy', /--min-healthy takes a value/],
  ['promote --min-healthy 101%', /--min-healthy takes a number of healthy targets/],
  ['promote --min-healthy 2 --min-healthy 3', /--min-healthy can be given only once/],
  ['promote --steps 10,5', /--steps takes ascending whole percentages.*found "10,5"/],
  ['promote --every soon', /--every takes a duration greater than zero; found "soon"/],
  ['promote --to 200', /--to takes a whole number from 1 to 100; found "200"/],
  ['promote --wait -5m', /--wait takes a duration greater than zero; found "-5m"/],
  ['cleanup --wait soon', /--wait takes a duration greater than zero; found "soon"/],
  ['promote --plan=yes', /--plan takes no value; found "yes"\.\n {2}Give --plan alone/],
  ['promote --yes=no', /--yes takes no value; found "no"/],
  ['promote --watch-traffic shop.example', /--watch-traffic takes the URL of production.*found "shop\.example"/],
  ['promote --fail-on-errors', /--fail-on-errors needs --watch-traffic/],
  ['promote --report a.html --report b.html', /--report can be given only once/],
  ['promote --report /nowhere/a.html', /--report takes a file in a writable folder \(ENOENT/],
  ['cleanup --discard 43', /does not know 43\.[\s\S]*Did you mean --release 43\?/],
  ['rolling 42', /needs --release\.[\s\S]*Did you mean --release 42\?/],
  ['rolling --plan', /`turnout rolling` needs --release\.\n {2}`turnout --help`/],
  ['rolling --release 42 --min-healthy 2 --allow-downtime', /allow-downtime and min-healthy are mutually exclusive/],
  ['drain web-1', /web-1 is not the id of an instance\.\n {2}For example: i-/],
  ['status --no-color', /does not know --no-color\.[\s\S]*NO_COLOR=1/],
  ['status --region eu-west-1', /does not know --region\.\n {2}Set `region` in the config\./],
  ['status --watch 5', /`turnout status` does not know 5\./],
  ['history --limit abc', /--limit takes a whole number from 1 to 100000; found "abc"\.[\s\S]*For example: --limit 5/],
  ['history --limit 0', /--limit takes a whole number.*found "0"/],
  ['history --limit -1', /--limit takes a whole number.*found "-1"/],
  ['history --limit 1e9', /--limit takes a whole number.*found "1e9"/],
  ['history --limit 2.5', /--limit takes a whole number/],
  ['history --limit 3 --limit 4', /--limit can be given only once/],
  ['history 5', /does not know 5\.[\s\S]*Did you mean --limit 5\?/],
  ['sandbox --port abc', /--port takes a whole number from 0 to 65535; found "abc"/],
  ['permissions --task upp', /--task takes one of adopt, up, .*; found "upp"\.\n {2}Did you mean up\?/],
  ['permissions --task up --adopt', /task and adopt are mutually exclusive/],
  ['permissions --read-only --adopt', /--read-only and --adopt are two policies\.\n {2}Print one after the other/],
  ['permissions --instances', /Instances need no permissions of turnout: .*\.\n {2}Leave out --instances/],
  ['permissions --part 3', /--part takes a number from 1 to 1; found "3"\.\n {2}Leave out --part/],
  ['permissions --github shop', /--github takes a repository; found "shop"\.\n {2}For example: --github acme\/shop/],
  ['permissions --github acme/shop', /the config has no `account`\.\n {2}Write it into the config, in quotes/],
  ['init --release-from name', /--release-from takes one of image-name, .*; found "name"/],
  ['init --host', /--host takes a value/],
  ['completion powershell', /knows bash, zsh, fish; found "powershell"/],
  ['completion', /`turnout completion` is incomplete/],
  ['status --config', /--config takes a value/],
  ['status --config=', /--config takes the path of a file/],
];

const BOMB = [
  'a: &a [x, x, x]',
  ...['ab', 'bc', 'cd', 'de', 'ef', 'fg'].map(([from, to]) => `${to}: &${to} [${`*${from}, `.repeat(9)}]`),
];

/** What a config file is, and what the answer says. */
const FILES: readonly (readonly [name: string, content: string | Buffer, says: RegExp])[] = [
  ['empty.yml', '', /empty\.yml:1:1\n {2}expected a map of keys; found nothing/],
  ['list.yml', '- a\n', /expected a map of keys/],
  ['bomb.yml', `${BOMB.join('\n')}\n${LEAST}`, /bomb\.yml has aliases that multiply: .*\n {2}Write the values out/],
  ['deep.yml', `${LEAST}\nx: ${'['.repeat(20_000)}`, /expected 2 to 4 levels of nesting, .*; found far too many/],
  ['nul.yml', Buffer.from(`${LEAST}\0`), /cannot be read: it is not text in UTF-8/],
  ['utf16.yml', Buffer.from(LEAST, 'utf16le'), /cannot be read: it is not text in UTF-8/],
  ['large.yml', `${LEAST}\n#${'x'.repeat(300_000)}`, /it has 300\d\d\d bytes, and at most 250000 are read/],
  ['region.yml', `${LEAST}\nregion: eu-west1`, /expected a region such as eu-west-1; found "eu-west1"/],
  ['name.yml', LEAST.replace('environment: shop', 'environment: Shop!'), /expected a name such as shop/],
  ['key.yml', `${LEAST}\ntimeuots: { boot: 5m }`, /found timeuots: did you mean timeouts\?/],
  ['time.yml', `${LEAST}\ntimeouts: { boot: 5 minutes }`, /timeouts\.boot[\s\S]*expected a duration/],
  ['script.yml', LEAST.replace('fleet:', `fleet:\n  userData: '${'x'.repeat(20_000)}'`), /expected at most 16 KB/],
  ['proto.yml', `${LEAST}\n__proto__: { a: 1 }`, /found __proto__/],
];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'usage-'));
  mkdirSync(path.join(folder, 'folder.yml'));
  for (const [name, content] of FILES) writeFileSync(path.join(folder, name), content);
  writeFileSync(path.join(folder, 'shop.yml'), `${LEAST}\nregion: eu-west-1\n`);
  execFileSync('sh', ['-c', 'mkfifo "$0"', path.join(folder, 'fifo.yml')]);
  vi.stubEnv('TURNOUT_CONFIG', path.join(folder, 'shop.yml'));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A sentence and advice on stderr, nothing on stdout, exit code 2, and never a stack. */
async function expectRefusal(argv: readonly string[], says: RegExp): Promise<void> {
  let [out, err] = ['', ''];
  const written = (add: (text: string) => void) => (text: unknown, ended?: unknown) => {
    add(String(text));
    if (typeof ended === 'function') (ended as () => void)();
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(written((text) => (out += text))),
    vi.spyOn(process.stderr, 'write').mockImplementation(written((text) => (err += text))),
  ];
  const exitCode = await main(argv).finally(() => spies.forEach((spy) => spy.mockRestore()));
  expect(err).toMatch(says);
  expect(err, 'what is wrong, then what to do').toMatch(/^turnout: \S[\s\S]*\n {2}\S/);
  expect(err).not.toMatch(/^\s+at |fault of turnout/m);
  expect([exitCode, out]).toEqual([2, '']);
}

describe('what is wrong is answered with a sentence, and nothing is done', () => {
  test.each(WRONG)('turnout %s', async (command, says) => {
    await expectRefusal(command.split(' ').filter(Boolean), says);
  });

  test.each(FILES)('the config %s', async (name, _content, says) => {
    await expectRefusal(['history', '--config', path.join(folder, name)], says);
  });

  test.each([
    ['nowhere.yml', /nowhere\.yml cannot be read: ENOENT/],
    ['folder.yml', /folder\.yml cannot be read: it is a folder\.\n {2}Check the path/],
    ['fifo.yml', /fifo\.yml cannot be read: it is not a regular file/],
    ['/dev/zero', /\/dev\/zero cannot be read: it is not a regular file/],
  ])('the config %s, which is no file', async (name, says) => {
    await expectRefusal(['history', '--config', path.resolve(folder, name)], says);
  });
});
