import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { completionScript } from '../../src/commands/completion.ts';
import { commands } from '../../src/commands/index.ts';

const scriptFor = (shell: string): string => completionScript(shell, commands);

/** What bash offers once this was typed; the last word is the one that is being completed. */
function offered(line: string): readonly string[] {
  const words = line.split(' ');
  const set = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`;
  const script = `${scriptFor('bash')}\n${set}; _turnout; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
  return out.split('\n').filter(Boolean);
}

test.each([
  ['turnout pro', ['promote']],
  ['turnout --json rol', ['rollback', 'rolling']],
  ['turnout promote --min', ['--min-healthy']],
  ['turnout store ', ['create', '--config', '--json', '--help']],
  ['turnout completion f', ['fish']],
  ['turnout up --release ', []],
  ['turnout up --release 42 --wa', ['--wait', '--watch-traffic']],
  ['turnout status --config /et', ['/etc']],
  ['turnout permissions --task ro', ['rollback', 'rolling']],
])('bash completes %j', (line, words) => {
  expect(offered(line)).toEqual(words);
});

test('the first word is any command', () => {
  const names = commands.map(({ usage }) => usage.split(' ')[0]);
  expect(offered('turnout ')).toEqual([...names, '--help', '--version']);
});

test('each shell that is there takes its script', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'turnout-completion-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const refused = ['bash', 'zsh', 'fish'].flatMap((shell) => {
    const file = path.join(folder, shell);
    writeFileSync(file, scriptFor(shell));
    const { error, status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    return error !== undefined || status === 0 ? [] : [stderr];
  });
  expect(refused).toEqual([]);
});

test('fish is told every option, with its description', () => {
  const script = scriptFor('fish');
  expect(script).toContain("complete -c turnout -n '__fish_seen_subcommand_from promote' -l plan -d 'Show the steps");
  expect(script).toContain("-l config -r -F -d 'Config file of the environment'");
  expect(script).toMatch(/-l watch-traffic -x -d/);
});

test('another shell is refused', () => {
  expect(() => scriptFor('tcsh')).toThrow(expect.objectContaining({ code: 'usage' }));
});
