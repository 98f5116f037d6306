import { describe, expect, test } from 'vitest';
import type { AnyOptions } from '../../tasks/index.ts';
import { REACHED } from '../support/little/goals.ts';
import { ATTACHED, KINDS, OPSWORKS, OPSWORKS_BY_WEIGHTS, SCALED, type Kind } from '../support/little/kinds.ts';
import type { Start } from '../support/little/scene.ts';
import { Site, type Ask } from '../support/little/site.ts';
import { isChange } from '../support/little/api.ts';
import { tellRun } from '../support/little/story.ts';
import { rowsOf } from './cases.ts';
import { expectHappening } from './happen.ts';
import type { Happening } from './histories.ts';
import { codeOf } from './outcome.ts';

/** Others change what they have here, between any two requests of a task: what it then takes from nobody is what it was shown. */

const ACTS = [
  'another group takes it by hand',
  'another rule leads here by hand',
  'an owner takes it by hand',
  'another environment takes it by hand',
  'another port joins by hand',
] as const satisfies readonly Happening['what'][];

const TASKS: readonly (readonly [start: Start, ask: Ask, wish: AnyOptions])[] = [
  ['promoted', 'cleanup', { wait: true }],
  ['green', 'cleanup', { wait: true, discard: true }],
  ['green', 'promote', {}],
  ['promoted', 'rollback', {}],
];

interface Row {
  readonly kind: Kind;
  readonly task: (typeof TASKS)[number];
  readonly happening: Happening;
}

function siteOf(kind: Kind, start: Start): Site {
  return new Site({ start, groups: 1, size: 2, outsiders: { holds: ['others'], by: 'listener' } }, { kind });
}

/** What was wrong about the run, and how it ended. */
async function tryRow({ kind, task: [start, ask, wish], happening }: Row) {
  const site = siteOf(kind, start);
  expectHappening(site, happening);
  const run = await site.run(ask, wish);
  const code = codeOf(run);
  const wrong = [...site.watch.broken, ...(code.startsWith('a fault') ? [code] : [])];
  return { code, wrong: wrong.length === 0 ? [] : [JSON.stringify(happening), ...wrong, tellRun(run)] };
}

/** The requests in fine weather, by their number, from the one after the first look on. */
async function requestsOf(kind: Kind, [start, ask, wish]: Row['task']): Promise<readonly number[]> {
  const run = await siteOf(kind, start).run(ask, wish);
  const sent = run.process.calls.filter(({ name }) => !name.startsWith('store '));
  const last = sent.findLastIndex(({ name }) => isChange(name));
  return sent.slice(0, last + 1).map((_, n) => n + 1);
}

const EVERY_KIND = [...KINDS, ...SCALED, ATTACHED, OPSWORKS, ...OPSWORKS_BY_WEIGHTS];

describe.each(EVERY_KIND)('$fleet fleets, $traffic', (kind) => {
  test.each(TASKS)(
    'from %s, %s spares what others have, whenever they change it',
    async (...task) => {
      const found: string[] = [];
      const codes: Record<string, number> = {};
      const all = await requestsOf(kind, task);
      const some = all.filter((n) => n % 5 === 0 || n > all.length - 6);
      const few = some.filter((n) => n > all.length - 12);
      for (const request of rowsOf(kind, all, some, few)) {
        for (const what of ACTS) {
          for (const who of KINDS.includes(kind) ? [0, 1] : [0]) {
            const tried = await tryRow({ kind, task, happening: { at: { request }, what, who, forMs: 0 } });
            found.push(...tried.wrong);
            codes[tried.code] = (codes[tried.code] ?? 0) + 1;
          }
        }
      }
      process.stdout.write(`outsiders, ${kind.traffic}, ${task[1]}: ${JSON.stringify(codes)}\n`);
      expect(found).toEqual([]);
      expect(codes['done']).toBeGreaterThan(0);
    },
    120_000,
  );

  test('what serves at two ports leaves production at both', async () => {
    const outsiders = { holds: [], by: 'nothing', ports: true } as const;
    const site = new Site({ start: 'green', groups: 1, size: 2, outsiders }, { kind });
    // Each port counts, and green has one.
    expect(codeOf(await site.run('promote', {}))).toBe('too-small');
    site.watch.acceptedMinimum = 2;
    const run = await site.run('promote', { minHealthy: { count: 2 } });
    expect([codeOf(run), ...site.watch.broken], tellRun(run)).toEqual(['done']);
    expect(REACHED.promote(site.cloud.state)).toBeUndefined();
  });

  test('what is allowed by its name is left first, and then ended', async () => {
    const outsiders = { holds: ['blue', 'others'], by: 'listener' } as const;
    const site = new Site({ start: 'promoted', groups: 1, size: 2, outsiders }, { kind });
    expect(codeOf(await site.run('cleanup', { wait: true }))).toBe('shared-target-group');
    const run = await site.run('cleanup', { wait: true, allowSharedTargetGroup: ['admin'] });
    expect([codeOf(run), ...site.watch.broken]).toEqual(['done']);
    expect(run.process.calls.map(({ name }) => name)).toContain('DeregisterTargets');
  });

  // Where fleets move, something else is in the test group; by names, what else leads to a group is the config's own.
  test.runIf(kind.traffic === 'weighted-listener')(
    'so is a group of the config to which others lead, also where its servers stay there until they end',
    async () => {
      const outsiders = { holds: [], by: 'nothing', leads: 0 } as const;
      const site = new Site({ start: 'promoted', groups: 1, size: 2, outsiders }, { kind });
      expect(codeOf(await site.run('cleanup', { wait: true }))).toBe('shared-target-group');
      site.watch.allowed = new Set(['one']);
      const run = await site.run('cleanup', { wait: true, allowSharedTargetGroup: ['one'] });
      expect([codeOf(run), ...site.watch.broken], tellRun(run)).toEqual(['done']);
    },
  );
});
