import { expect } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';

/** One request that changes something, as AWS got it. */
export interface Change {
  readonly operation: string;
  /** Absent when it named none. */
  readonly fence: number | undefined;
  readonly run: string | undefined;
}

/** What changes no traffic and no fleet: `turnout publish`, and `turnout follow` with its report. */
const NO_RUN = /\brun\/(publish|i-\w+)/;

/** The requests that change something, in the order in which they came in. */
export function changesIn({ requests }: Pick<Sandbox, 'requests'>): readonly Change[] {
  return requests.all
    .filter(({ operation, agent }) => !/^(Describe|Get|List)/.test(operation) && !NO_RUN.test(agent))
    .toSorted((a, b) => a.arrival - b.arrival)
    .map(({ operation, agent }) => {
      const fence = /\bfence\/(\d+)/.exec(agent)?.[1];
      return {
        operation,
        fence: fence === undefined ? undefined : Number(fence),
        run: /\brun\/(\S+)/.exec(agent)?.[1],
      };
    });
}

/** Never two writers: each change names its lease, none comes after one of a later lease, and a lease is one run's. */
export function expectOneWriter(sandbox: Pick<Sandbox, 'requests'>): void {
  const changes = changesIn(sandbox);
  expect(changes.filter(({ fence }) => fence === undefined)).toEqual([]);
  const stale = changes.filter((change, index) => index > 0 && change.fence! < changes[index - 1]!.fence!);
  expect(stale).toEqual([]);
  const runs = Map.groupBy(changes, ({ fence }) => fence);
  expect([...runs.values()].filter((group) => new Set(group.map(({ run }) => run)).size > 1)).toEqual([]);
}
