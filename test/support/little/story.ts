import { messageOf } from '../../../src/errors.ts';
import type { Run } from './site.ts';

/** A run in words: what it was asked, the calls that it made, and how it ended. */
export function tellRun({ ask, process, ended, events }: Run): string {
  const steps = events.flatMap((event) => {
    if (event.type === 'step-started') return [`  step ${event.index + 1}: ${event.title}`];
    return event.type === 'undoing' ? [`  undoing: ${event.why}`] : [];
  });
  const calls = process.calls.map(({ n, name }) => `${n} ${name}`).join(', ');
  return [`${process.name} ${ask}`, ...steps, `  calls: ${calls}`, `  ended: ${tellEnd(ended)}`].join('\n');
}

function tellEnd(ended: Run['ended']): string {
  if (ended.how === 'killed') return 'killed';
  if (ended.how === 'fault') return `fault of ours: ${messageOf(ended.error)}`;
  return `${ended.code} (${ended.exitCode}): ${ended.message}`;
}
