import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { eventAbout } from '../../src/commands/context.ts';
import { aboutConfig, shell, shellWord } from '../../src/domain/shell.ts';

const NAMES = ['5xx of shop', "Ann's alarm", '$(id)', 'a;b', 'plain', '', '*', '"'];

test.each(NAMES)('a shell takes %j for one word', (name) => {
  const said = execFileSync('sh', ['-c', shell`printf %s ${name}`], { encoding: 'utf8' });
  expect(said).toBe(name);
  expect(shellWord('plain-1.2')).toBe('plain-1.2');
});

test('advice is about the config file that was named', () => {
  const about = (text: string): string => aboutConfig(text, 'my configs/shop.yml');
  expect(about("`turnout promote --ignore-alarm 'a b'` goes on, or `turnout resume`.")).toBe(
    "`turnout promote --ignore-alarm 'a b' --config 'my configs/shop.yml'` goes on, or `turnout resume --config 'my configs/shop.yml'`.",
  );
  const others = ['`turnout init --host a`', '`aws s3 ls`', '`--allow-owner web`', '`turnout up --help`'];
  for (const text of [...others, '`turnout --version`', '`turnout status --config b.yml`'])
    expect(about(text)).toBe(text);
});

test('so are the notes of a plan, and what a run ends with', () => {
  const plan = { type: 'planned', steps: [], healthyNow: {}, minimumHealthy: {}, seconds: 0 } as const;
  expect(eventAbout({ ...plan, notes: ['`turnout resume` waits for it.'] }, 'b.yml')).toMatchObject({
    notes: ['`turnout resume --config b.yml` waits for it.'],
  });
  const ending = { type: 'finished', result: 'done', code: 'done', exitCode: 0, seconds: 0, awsRequests: 0 } as const;
  const ended = { ...ending, message: '`turnout join i-1` does.', next: ['`turnout status` shows it'] };
  expect(eventAbout(ended, 'b.yml')).toMatchObject({
    message: '`turnout join i-1 --config b.yml` does.',
    next: ['`turnout status --config b.yml` shows it'],
  });
  expect(eventAbout(ended, undefined)).toBe(ended);
});

const root = path.resolve(import.meta.dirname, '../../src');

test('names that others have given are single words in every command that is advised', () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const bare =
    /`(?:aws|turnout) [^`]*--(?:ignore-alarm|auto-scaling-group-name|allow-owner) \$\{(?!shellWord)[^`]*\\`/g;
  const wrong = files.flatMap((file) => readFileSync(path.join(root, file), 'utf8').match(bare) ?? []);
  expect(wrong).toEqual([]);
});
