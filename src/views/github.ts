import { locationText } from '../domain/location.ts';
import { count, duration } from '../domain/text.ts';
import type { RunEvent } from '../run/event.ts';
import { HEADS } from './closing.ts';

/** How runs are reported where people and jobs read about them: on GitHub, and in a Markdown file. */

type EventOf<K extends RunEvent['type']> = Extract<RunEvent, { type: K }>;
type Finished = EventOf<'finished'>;

/** A workflow command: `::error title=…::text`, escaped as GitHub documents it (workflow commands, "toolkit"). */
export function annotation(kind: 'warning' | 'error', title: string, text: string): string {
  const line = text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  return `::${kind} title=${title.replaceAll(/[%\r\n:,]/g, ' ')}::${line}`;
}

/**
 * What later steps of a job can use, as `$GITHUB_OUTPUT` takes it: values of several lines, too.
 * @param delimiter a word that no value can contain
 */
export function outputText(started: EventOf<'started'> | undefined, finished: Finished, delimiter: string): string {
  const { run, release, result, code, exitCode, message, proven, testUrls = [] } = finished;
  const values = {
    result,
    code,
    'exit-code': exitCode,
    message,
    run,
    environment: started?.environment,
    release,
    proven,
    'test-url': testUrls[0],
    'test-urls': testUrls.join('\n'),
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}<<${delimiter}\n${value ?? ''}\n${delimiter}\n`)
    .join('');
}

/** A run as a section of Markdown, from its events. */
export function summaryText(events: readonly RunEvent[], finished: Finished): string {
  const started = of(events, 'started')[0];
  const what = started && `${started.verb} ${finished.release ?? ''}`.trim();
  const title = started === undefined ? 'turnout' : `turnout ${what} in ${started.environment}`;
  const code = finished.exitCode === 0 ? '' : ` (\`${finished.code}\`)`;
  return [
    `### ${plain(title)}`,
    `**${HEADS[finished.result][1]}** ${plain(finished.message)}${code}`,
    bullets(
      'Try it at',
      (finished.testUrls ?? []).map((url) => `<${url}>`),
    ),
    bullets('Next', finished.next.map(plain)),
    bullets('Warnings', [...new Set(of(events, 'warning').map(({ message }) => plain(message)))]),
    stepTable(events),
    factLine(events, finished),
  ]
    .filter((part) => part !== '')
    .map((part) => `${part}\n\n`)
    .join('');
}

function of<K extends RunEvent['type']>(events: readonly RunEvent[], type: K): readonly EventOf<K>[] {
  return events.filter((event): event is EventOf<K> => event.type === type);
}

function bullets(head: string, items: readonly string[]): string {
  return items.length === 0 ? '' : [`**${head}**\n`, ...items.map((item) => `- ${item}`)].join('\n');
}

/** The steps with their times: those that ran, or else those of the plan. */
function stepTable(events: readonly RunEvent[]): string {
  const done = events.flatMap((event): readonly (readonly [string, string])[] => {
    if (event.type === 'undoing') return [[`undoing: ${event.why}`, '']];
    if (event.type !== 'step-started') return [];
    return [[event.title, endOf(events, event)]];
  });
  const planned = of(events, 'planned')
    .slice(-1)
    .flatMap(({ steps }) => steps.map(({ title, seconds }) => [title, `about ${duration(seconds)}`] as const));
  const rows = done.length > 0 ? done : planned;
  if (rows.length === 0) return '';
  const cells = rows.map(([title, end], index) => `| ${index + 1} | ${plain(title)} | ${plain(end)} |`);
  return ['|   | step | time |', '| -: | --- | --- |', ...cells].join('\n');
}

function endOf(events: readonly RunEvent[], begun: EventOf<'step-started'>): string {
  const after = events.slice(events.indexOf(begun) + 1);
  const end = after.find(({ type }) => ['step-done', 'step-failed', 'step-started'].includes(type));
  if (end?.type === 'step-failed') return `failed: ${end.message}`;
  if (end?.type !== 'step-done') return 'not finished';
  return end.already ? 'already done' : duration(end.seconds);
}

function factLine(events: readonly RunEvent[], { run, seconds, awsRequests, proven }: Finished): string {
  const who = of(events, 'started')[0]?.who;
  const location = of(events, 'planned').at(-1)?.location;
  const seen = of(events, 'traffic')[0];
  const facts = [
    run && `run ${run}`,
    who && `by ${who}`,
    location && locationText(location),
    `${duration(seconds)}, ${count(awsRequests, 'AWS request')}`,
    proven && `proven by ${count(proven, 'answer')} in a row`,
    seen && `clients of ${seen.url}: ${count(seen.requests, 'request')}, ${seen.failed} failed`,
  ];
  return `<sub>${plain(facts.filter(Boolean).join(' · '))}</sub>`;
}

/** As it is read, whatever it contains; what is in backticks stays code. */
function plain(text: string): string {
  const pieces = text.replaceAll(/\s+/g, ' ').split(/(`[^`]+`)/);
  return pieces
    .map((piece, index) => (index % 2 === 1 ? piece.replaceAll('|', String.raw`\|`) : escaped(piece)))
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll(/[\\*_[\]<>&|#~`]/g, String.raw`\$&`);
}
