import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

/** What stands on zsh's line once the words and a tab were typed. */
function completedByZsh(line: string, folder: string): string {
  const file = path.join(folder, 'completion.zsh');
  writeFileSync(file, scriptFor('zsh'));
  const script = [
    'zmodload zsh/zpty',
    `zpty typed 'cd ${folder}; ZDOTDIR=${folder} PS1="> " exec zsh -f -i'`,
    // The line is shown by a key of its own.
    `zpty -w typed 'show() { print -r -- "<$BUFFER>"; }; zle -N show; bindkey ^X show; source ${file}; print ready'`,
    'zpty -r -m typed answer "*ready*ready*" || exit 1',
    `zpty -w -n typed '${line}'$'\\t\\x18'`,
    'zpty -r -m typed answer "*<turnout*>*" || exit 1',
    'print -r -- "${${answer##*<}%%>*}"',
    'zpty -d typed',
  ].join('\n');
  return execFileSync('zsh', ['-f', '-c', script], { encoding: 'utf8', timeout: 20_000 }).replace(/\n$/, '');
}

test.runIf(spawnSync('zsh', ['--version']).error === undefined)(
  'zsh puts a slash after a folder, and a space after a word',
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'turnout-completion-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(path.join(folder, 'configs'));
    const lines = [
      'turnout status --config con',
      'turnout prom',
      'turnout permissions --task adop',
      'turnout --json rolli',
    ];
    expect(lines.map((line) => completedByZsh(line, folder))).toEqual([
      'turnout status --config configs/',
      'turnout promote ',
      'turnout permissions --task adopt ',
      'turnout --json rolling ',
    ]);
  },
);

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
