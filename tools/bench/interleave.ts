import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A command whose duration is measured. */
export interface Candidate {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export interface Timing {
  readonly name: string;
  /** Milliseconds. */
  readonly median: number;
  readonly fastest: number;
  readonly slowest: number;
}

/**
 * Times all candidates alternately, so that other load on the machine affects all of them equally. Runs an additional first
 * round, which fills caches and is not counted. Throws if a command fails.
 */
export async function interleave(candidates: readonly Candidate[], rounds: number): Promise<readonly Timing[]> {
  const times = candidates.map((): number[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [i, candidate] of candidates.entries()) {
      const ms = await time(candidate);
      if (round > 0) times[i]!.push(ms);
    }
  }
  return candidates.map(({ name }, i) => timing(name, times[i]!));
}

async function time({ name, command, args, env }: Candidate): Promise<number> {
  const start = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: env ?? process.env });
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const ms = performance.now() - start;
  if (code !== 0) throw new Error(`${name} failed (exit ${code}): ${errors.trim()}`);
  return ms;
}

function timing(name: string, times: readonly number[]): Timing {
  const sorted = times.toSorted((a, b) => a - b);
  return { name, median: median(sorted), fastest: sorted[0]!, slowest: sorted.at(-1)! };
}

/** The median of numbers in any order. */
export function middle(numbers: readonly number[]): number {
  return median(numbers.toSorted((a, b) => a - b));
}

/** The median of sorted numbers. */
export function median(sorted: readonly number[]): number {
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
}
