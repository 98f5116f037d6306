import type { RequestRecord } from '../../src/sandbox/api/requests.ts';
import type { RunEvent } from '../../src/run/event.ts';

/** An event of a run as `--json` prints it. */
export type Printed = RunEvent & { readonly at: string };

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * How many round trips follow each other in a run, whatever the machine's load: requests that overlap count once, and all that is asked
 * while the run waits for something other than an answer, such as a health check, counts once for each such wait.
 */
export function depthOf(log: readonly Pick<RequestRecord, 'at' | 'ms'>[], events: readonly Printed[]): number {
  const waits = waitsIn(events);
  const begun = log.map(({ at, ms }) => ({ from: Date.parse(at), to: Date.parse(at) + ms }));
  const isIn = (wait: Span, { from }: Span): boolean => from >= wait.from && from < wait.to;
  const own = begun.filter((span) => !waits.some((wait) => isIn(wait, span))).toSorted((a, b) => a.from - b.from);
  let trips = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { from, to } of own) {
    if (from >= until) trips += 1;
    until = from >= until ? to : Math.min(until, to);
  }
  return trips + waits.filter((wait) => begun.some((span) => isIn(wait, span))).length;
}

/** Steps of which it is reported how far they are. */
function waitsIn(events: readonly Printed[]): readonly Span[] {
  const isOf = (one: Printed, type: RunEvent['type'], index: number): boolean =>
    one.type === type && 'index' in one && one.index === index;
  return events.flatMap((event) => {
    if (event.type !== 'step-started') return [];
    const [is, end] = (['step-waiting', 'step-done'] as const).map((type) =>
      events.find((one) => isOf(one, type, event.index)),
    );
    return is === undefined || end === undefined ? [] : [{ from: Date.parse(event.at), to: Date.parse(end.at) }];
  });
}
