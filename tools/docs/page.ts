import type * as z from 'zod';
import { jsonLine } from '../../src/views/json.ts';
import { events } from './events.ts';
import { commandLines } from './lines.ts';
import { fieldsTable, table, titled } from './markdown.ts';
import { AT, commandSamples, samples } from './samples.ts';
import { ALL_VERBS, STEP_KINDS, VERB_MEANINGS } from './words.ts';

/** docs/json.md: its sentences are here, its tables come from the schemas. */

const INTRO = `# JSON output

<!-- Written by tools/docs.ts; \`npm run docs\` writes it again. -->

With \`--json\`, turnout writes one JSON object per line to stdout ([NDJSON](https://github.com/ndjson/ndjson-spec)) and
nothing else. A run writes events in the order in which they happen; the last one is \`finished\`. A command that is refused
before it starts, for example because an option is wrong, writes only \`finished\`.

Every line has

| field | meaning |
| --- | --- |
| \`v\` | version of this format: 1 |
| \`at\` | time of the event, ISO 8601, UTC |
| \`type\` | kind of line: one of those below |

The version changes when a field is removed or changes its meaning. Fields, values and types of lines may be added without a
new version: a reader should ignore what it does not know. Texts (\`title\`, \`message\`, \`why\`, \`notes\`, \`next\`, \`words\`,
\`doing\`) are for people and may change at any time; scripts should use \`type\`, \`code\`, \`exitCode\`, \`result\`, \`do\` and
numbers.

With \`--json\` there are no questions: without \`--yes\` the answer is no.

The examples are broken into lines; turnout writes each as one line.`;

const EVENTS: { readonly [K in keyof typeof events]: string } = {
  started: 'The run has started. Unless it only plans, it asks for the lease next.',
  queued:
    'The run waits for the lease (`--wait`). Comes when the runs before it, or their current steps, have changed, and once a minute.',
  planned:
    'What will be done. Comes again when the run undoes its work: the steps that follow are then those of the new plan.',
  output: 'A line that one of your programs has written: a deploy, a migration, a hook.',
  'step-started': 'A step has started.',
  'step-waiting': 'Comes each time that AWS was read while a step waits.',
  'step-done': 'A step is done.',
  'step-failed': 'A step has failed.',
  verdict: 'What a gate says of the release while it bakes; again when that changes.',
  warning: 'Something to know that does not stop the run.',
  undoing: 'The run undoes its work; the plan for that comes next.',
  traffic: 'What clients saw from start to end of the run (`--watch-traffic`). Comes before `finished`.',
  finished: 'The last event.',
};

const COMMANDS: { readonly [K in keyof typeof commandLines]: string } = {
  status:
    '`turnout status --json` writes one line; with `--watch` one every two seconds until Ctrl-C. `at` is when it began to read AWS.',
  doctor: '`turnout doctor --json` writes one line.',
  'status --all':
    '`turnout status --all --json` writes the line of `status` for each config file, and this one where the state is not known.',
  history:
    '`turnout history --json` writes one line per run, the newest first. `at` is when the run ended or, without an end, started.',
  lock: '`turnout lock --json` writes one line.',
  publish: '`turnout publish --json` writes one line.',
  follow: '`turnout follow --json` writes a line for each thing that happens, until it is stopped.',
  'store create': '`turnout store create --json` writes one line.',
  sandbox: '`turnout sandbox --json` writes one line when the sandbox is ready.',
};

/** The page, before it is formatted. */
export function jsonPage(): string {
  const objects = new Map(Object.values(commandLines).flatMap((line) => [...titled(line)]));
  return [
    INTRO,
    '## Events of a run',
    ...Object.entries(EVENTS).flatMap(([type, text]) => eventSection(type as keyof typeof EVENTS, text)),
    '## Other commands',
    ...Object.entries(COMMANDS).flatMap(([command, text]) => commandSection(command as keyof typeof COMMANDS, text)),
    '## Objects',
    ...[...objects].flatMap(([title, schema]) => [`### ${title}`, fieldsTable(schema)]),
    '## Verbs',
    table(['verb', 'what it does'], rowsOf(ALL_VERBS, VERB_MEANINGS)),
    '## Kinds of steps',
    'The values of `do`. More may be added.',
    table(['step', 'what it does'], rowsOf(Object.keys(STEP_KINDS), STEP_KINDS)),
    '',
  ].join('\n\n');
}

function eventSection(type: keyof typeof events, text: string): readonly string[] {
  return [`### \`${type}\``, text, fieldsTable(events[type], ['type']), example(jsonLine(samples[type], AT))];
}

function commandSection(command: keyof typeof commandLines, text: string): readonly string[] {
  const line: z.ZodObject = commandLines[command];
  const sample = commandSamples[command];
  return [`### \`${command}\``, text, fieldsTable(line), ...(sample === undefined ? [] : [example(sample)])];
}

function example(line: string): string {
  return `\`\`\`json\n${JSON.stringify(JSON.parse(line), undefined, 2)}\n\`\`\``;
}

function rowsOf(words: readonly string[], meanings: Readonly<Record<string, string>>): readonly (readonly string[])[] {
  return words.map((word) => [`\`${word}\``, meanings[word] ?? '']);
}
