import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { tasks } from '../../../tasks/index.ts';
import { readOptions } from '../../../tasks/options.ts';
import { parse } from '../../../src/commands/parser.ts';
import { outputText } from '../../../src/views/github.ts';
import { samples } from '../../../tools/docs/samples.ts';
import { blocks, readText } from './blocks.ts';

/** Workflows in the documentation are copied as they stand: each parses, and so does every command of turnout in it. */

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string | number>>;
  readonly env?: Readonly<Record<string, string>>;
}
interface Job {
  readonly needs?: string | readonly string[];
  readonly steps: readonly Step[];
}
interface Action {
  readonly inputs: Readonly<Record<string, object>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly steps: readonly (Step & { readonly id?: string })[] };
}

const [github = '', gitlab = ''] = await blocks('docs/github-actions.md', 'yaml');
const workflow = parseYaml(github) as { readonly jobs: Readonly<Record<string, Job>>; readonly env: object };
const action = parseYaml(await readText('action.yml')) as Action;
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
const uses = (name: string): readonly Step[] => steps.filter((step) => step.uses?.startsWith(name));

/** As a shell or GitHub fills it in. */
function filled(line: string): readonly string[] {
  return line.replaceAll(/\$\{\{.*?\}\}|\$\w+/g, '0a1b2c').split(' ');
}

/** Parses as the program would, values of options included; runs nothing. */
async function expectToParse(line: string): Promise<void> {
  let parsed = '';
  await parse(filled(line), async ({ usage }, args) => {
    parsed = usage;
    const task = Object.values(tasks).find(({ verb }) => usage.startsWith(verb));
    if (task !== undefined) readOptions(task.options, args);
  });
  expect(parsed, line).not.toBe('');
}

test('the workflow goes from up to cleanup, and each of its commands parses', async () => {
  const lines = uses('YOUR-ORG/turnout').map((step) => String(step.with?.['command']));
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['up', 'promote', 'cleanup', 'cleanup', 'status']);
  for (const line of lines) await expectToParse(line);
  await expect(expectToParse('promote --yess')).rejects.toThrow('does not know --yess');
  await expect(expectToParse('up --release a,b')).rejects.toThrow('--release takes');
});

test('its jobs need jobs that are there, and use inputs and outputs that the action has', () => {
  const names = Object.keys(workflow.jobs);
  for (const { needs = [] } of Object.values(workflow.jobs))
    expect(names).toEqual(expect.arrayContaining([needs].flat()));
  for (const step of uses('YOUR-ORG/turnout')) {
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
  }
  const outputs = [...github.matchAll(/steps\.turnout\.outputs\.([\w-]+)/g)].map(([, name = '']) => name);
  expect(outputs).not.toEqual([]);
  expect(Object.keys(action.outputs)).toEqual(expect.arrayContaining(outputs));
});

test('the action has exactly the outputs that are written, and inputs that it uses', async () => {
  const text = await readText('action.yml');
  const written = [...outputText(undefined, samples.finished, 'x').matchAll(/^([\w-]+)<<x$/gm)].map(
    ([, name = '']) => name,
  );
  expect(Object.keys(action.outputs)).toEqual(expect.arrayContaining(written));
  expect(Object.keys(action.outputs)).toHaveLength(written.length);
  for (const [name, { value }] of Object.entries(action.outputs))
    expect(value).toBe(`\${{ steps.run.outputs.${name} }}`);
  for (const name of Object.keys(action.inputs)) expect(text).toContain(`inputs.${name}`);
  expect(
    text
      .match(/inputs\.([\w-]+)/g)
      ?.map((used) => used.slice(7))
      .filter((name) => !(name in action.inputs)),
  ).toEqual([]);
});

test('nothing from outside is put into a script: it comes by variables', () => {
  for (const { run = '' } of [...steps, ...action.runs.steps]) expect(run).not.toContain('${{');
});

test('the pipeline for GitLab parses, and so do its commands', async () => {
  const jobs = parseYaml(gitlab) as Readonly<
    Record<string, { readonly stage?: string; readonly script?: readonly string[] }>
  >;
  const stages = (jobs as { readonly stages?: readonly string[] }).stages;
  const scripts = Object.values(jobs).flatMap(({ stage, script }) => (stage === undefined ? [] : [{ stage, script }]));
  expect(scripts.map(({ stage }) => stage)).toEqual(stages);
  const lines = scripts.flatMap(({ script = [] }) => script).filter((line) => line.startsWith('exec turnout '));
  expect(lines).toHaveLength(3);
  for (const line of lines) await expectToParse(line.replace('exec turnout ', ''));
});

test('the trust policy is JSON, and names the environments of the workflow', async () => {
  const [text = ''] = await blocks('docs/github-actions.md', 'json');
  const policy = JSON.stringify(JSON.parse(text));
  for (const name of [...github.matchAll(/^ {4}environment: (\S+)/gm)].map(([, one]) => one))
    expect(policy).toContain(`:environment:${name}"`);
});

test('commands of turnout in the text of the documentation parse', async () => {
  const lines = [
    ...(await readText('docs/github-actions.md')).matchAll(/`(?:command: |run: exec turnout |turnout )([^`]+)`/g),
  ];
  expect(lines.length).toBeGreaterThan(8);
  for (const [, line = ''] of lines) await expectToParse(line);
});

test('the project has workflows that parse, and commands of the README do, too', async () => {
  for (const name of ['ci', 'release']) {
    const { jobs } = parseYaml(await readText(`.github/workflows/${name}.yml`)) as typeof workflow;
    for (const { run, uses: used } of Object.values(jobs).flatMap((job) => job.steps))
      expect([run, used].filter((one) => one !== undefined)).toHaveLength(1);
  }
  const lines = [...(await readText('README.md')).matchAll(/`turnout ([^`<]+)`/g)].map(([, line = '']) => line);
  expect(lines.length).toBeGreaterThan(12);
  for (const line of lines.filter((one) => !one.startsWith('--'))) await expectToParse(line);
});
