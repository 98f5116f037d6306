import { describe, expect, test } from 'vitest';
import { EVERY_KIND, OPSWORKS, type Kind } from '../support/little/kinds.ts';
import { casesOf, rowsOf, type Topology } from './cases.ts';
import { changesOf, HAPPENINGS, THROTTLED, tryAtLastLook, tryThrottled } from './throttled.ts';

/**
 * AWS throttles a change, and while it does the world turns bad: nothing is taken away that is needed by then, nothing moves
 * to what has died, and nothing that has come back into production is ended. For every change of every task.
 */
const TOPOLOGY: Topology = { groups: 2, size: 3 };

/** OpsWorks takes a request for each instance: what fails once may be one of many. */
const faultsOf = (kind: Kind): readonly (typeof THROTTLED)[number][] =>
  kind === OPSWORKS ? THROTTLED : rowsOf(kind, THROTTLED, THROTTLED, THROTTLED.slice(-1));

describe.each(EVERY_KIND)('$fleet behind $traffic', (kind) => {
  test.each(casesOf(kind))('$name', async ({ one }) => {
    const scene = { ...TOPOLOGY, start: one.start, draining: one.draining ?? false };
    const wrong: string[] = [];
    for (const n of await changesOf(kind, scene, one))
      for (const fault of faultsOf(kind))
        for (const what of HAPPENINGS) wrong.push(...(await tryThrottled({ kind, scene, one, n, fault, what })));
    expect(wrong).toEqual([]);
  });
});

/** The last sentence says what the last look has seen: all that was so when it asked, and nothing that came afterwards. */
describe.each(EVERY_KIND)('the last look, $fleet behind $traffic', (kind) => {
  const scene = { ...TOPOLOGY, start: 'promoted', draining: false } as const;
  const rollback = { start: 'promoted', ask: 'rollback', wish: {} } as const;

  test('sees who has died before it', async () => {
    const dying = { at: 'its begin', what: 'blue dies' } as const;
    // A group has replaced them by the time of the second look, which decides.
    const code = kind.fleet === 'auto-scaling' ? 'done' : 'needs-attention';
    expect(await tryAtLastLook(kind, scene, rollback, dying)).toEqual({ code, wrong: [] });
  });

  test('may miss who dies once it has read the health', async () => {
    const dying = { at: 'the health', what: 'blue dies' } as const;
    // There instances are read after that.
    const code = kind.fleet === 'opsworks' ? 'needs-attention' : 'done';
    expect(await tryAtLastLook(kind, scene, rollback, dying)).toEqual({ code, wrong: [] });
  });
});
