import { describe, expect, test } from 'vitest';
import { KINDS, type Kind } from '../support/little/kinds.ts';
import type { Calls } from '../support/little/process.ts';
import { serving } from '../support/little/goals.ts';
import { Site } from '../support/little/site.ts';
import { LittleWork } from '../support/little/work.ts';

/**
 * Work that must not run twice, in a promote that is killed: at every call that is about it, and at a sample of the others. Whatever
 * is done then, never do both sides take it, and in the end the side that serves has it.
 */
const SAMPLE = 6;
const FOLLOW_UPS = ['resume', 'rollback'] as const;

function siteOf(kind: Kind): { site: Site; work: LittleWork } {
  const work = new LittleWork('41');
  return { site: new Site({ start: 'green', groups: 1, size: 2, draining: false }, { kind, work }), work };
}

async function pointsOf(kind: Kind): Promise<readonly NonNullable<Calls['kill']>[]> {
  const { site, work } = siteOf(kind);
  const { process, ended } = await site.run('promote');
  expect(ended).toMatchObject({ code: 'done' });
  expect([work.owner, work.epoch, work.wrong]).toEqual(['42', 9, []]);
  return process.calls.flatMap(({ n, name }) => {
    if (name === 'work set') return (['before', 'after', 'late'] as const).map((when) => ({ n, when }));
    return name.startsWith('work') || n % SAMPLE === 0 ? [{ n, when: 'before' as const }] : [];
  });
}

describe.each(KINDS)('work, $fleet behind $traffic', (kind) => {
  test('a promote that is killed leaves one side at most with it, and each way on ends it well', async () => {
    const wrong: string[] = [];
    for (const kill of await pointsOf(kind)) {
      for (const followUp of FOLLOW_UPS) {
        const { site, work } = siteOf(kind);
        await site.run('promote', {}, { kill });
        const { ended } = await site.run(followUp);
        const at = `killed ${kill.when} ${kill.n}, ${followUp}: `;
        wrong.push(...work.wrong.map((what) => `${at}${what}`));
        const served = serving(site.cloud.state);
        const isWell =
          ended.how === 'ended' && ended.code === 'done' && served.length === 1 && served[0] === work.owner;
        const isNothing = ended.how === 'ended' && ended.code.startsWith('nothing-to') && served[0] === work.owner;
        if (!isWell && !isNothing)
          wrong.push(`${at}${JSON.stringify(ended)}, served by ${served.join()}, work ${work.owner}`);
      }
    }
    expect(wrong).toEqual([]);
  }, 120_000);
});
