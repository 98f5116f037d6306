import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { messageOf } from '../../src/errors.ts';
import { liveMany } from '../../test/crash/random.ts';

/** Random histories on a virtual clock, in several processes. The file is run by itself in each of these. */

/** Histories of one seed. */
export const EACH = 100;

/** One seed's histories, and what they came to. */
interface Order {
  readonly seed: number;
  readonly count: number;
}

interface Answer extends Order {
  readonly runs: number;
  /** The shortest history that breaks something, with all that it breaks. */
  readonly finding?: string;
}

export interface Range {
  /** The first seed. */
  readonly from: number;
  readonly histories: number;
  readonly processes: number;
}

export interface Found {
  readonly histories: number;
  readonly runs: number;
  /** Seeds that found something. */
  readonly seeds: readonly number[];
  /** The last one. */
  readonly to: number;
}

/** The seeds of a range, with their numbers of histories. */
export function ordersOf({ from, histories }: Omit<Range, 'processes'>): readonly Order[] {
  const seeds = Math.ceil(histories / EACH);
  return Array.from({ length: seeds }, (_, n) => ({ seed: from + n, count: Math.min(EACH, histories - n * EACH) }));
}

/** Lives them all; a seed that finds something does not keep the others from being lived. */
export async function liveRange(range: Range, onAnswer: (answer: Answer) => void, signal: AbortSignal): Promise<Found> {
  const left = [...ordersOf(range)];
  const answers: Answer[] = [];
  const work = async (): Promise<void> => {
    const child = fork(import.meta.filename, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    try {
      for (let order = left.shift(); order !== undefined && !signal.aborted; order = left.shift()) {
        const answer = await ask(child, order);
        answers.push(answer);
        onAnswer(answer);
      }
    } finally {
      child.kill();
    }
  };
  const { processes, from } = range;
  await Promise.all(Array.from({ length: Math.min(processes, left.length) }, work));
  signal.throwIfAborted();
  const sum = (key: 'count' | 'runs'): number => answers.reduce((all, answer) => all + answer[key], 0);
  const seeds = answers.flatMap(({ seed, finding }) => (finding === undefined ? [] : [seed])).toSorted((a, b) => a - b);
  return { histories: sum('count'), runs: sum('runs'), seeds, to: from + answers.length - 1 };
}

/** Throws when the process ends without an answer. */
async function ask(child: ChildProcess, order: Order): Promise<Answer> {
  const over = new AbortController();
  const answered = once(child, 'message', { signal: over.signal }).then(([answer]) => answer as Answer);
  const ended = once(child, 'exit', { signal: over.signal }).then(() => {
    throw new Error(`the process that lived the histories of seed ${order.seed} ended`);
  });
  child.send(order);
  try {
    return await Promise.race([answered, ended]);
  } finally {
    over.abort();
    await Promise.allSettled([answered, ended]);
  }
}

/** The cause says what was broken, and tells the runs of the shortest history. */
function told(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : `${messageOf(error)}\n${messageOf(cause)}`;
}

async function live({ seed, count }: Order): Promise<Answer> {
  const lived = await liveMany(count, seed).then(
    (runs) => ({ runs }),
    (error: unknown) => ({ runs: 0, finding: told(error) }),
  );
  return { seed, count, ...lived };
}

if (import.meta.main)
  process.on('message', (order: Order) => void live(order).then((answer) => process.send?.(answer)));
