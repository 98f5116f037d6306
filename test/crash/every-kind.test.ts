import { describe, expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
import { isChange } from '../support/little/api.ts';
import { HOLD_S } from '../support/little/hold.ts';
import { EVERY_KIND, type Kind } from '../support/little/kinds.ts';
import { TAIL_S } from '../support/little/names.ts';
import type { Scene, Start } from '../support/little/scene.ts';
import { happenToGroup } from '../support/little/scaling-happens.ts';
import { Site, type Ask, type Run } from '../support/little/site.ts';
import { isServing, living, production, withBox, type Box, type State } from '../support/little/state.ts';
import { tellRun } from '../support/little/story.ts';
import { fleetOf } from '../support/little/rules.ts';
import { codeOf } from './outcome.ts';

/**
 * What others do while a run is at work, and what a run must say of it: the same with every kind of fleet and of traffic. The matrices
 * look for whatever is wrong; here it is said what is right.
 */

const LONGEST_MS = 3_600_000;
/** Longer than ELB takes to see that an app has failed. */
const DRAINING = { deregistrationDelayS: 40 };

function sceneOf({ traffic }: Kind, start: Start): Scene {
  return { start, groups: traffic === 'weighted-dns' ? 1 : 2, size: 3 };
}

/** The run, during which something happens once its last change is answered; and the site, afterwards. */
async function atLastChange(kind: Kind, start: Start, ask: Ask, act: (site: Site) => void): Promise<[Site, Run]> {
  const { calls } = (await new Site(sceneOf(kind, start), { kind }).run(ask)).process;
  const n = calls.findLast(({ name }) => isChange(name))?.n ?? 0;
  const site = new Site(sceneOf(kind, start), { kind });
  const run = await site.run(ask, {}, { meanwhile: { n, act: () => site.watch.byHand(() => act(site)) } });
  return [site, run];
}

function said({ ended }: Run): { code?: string; exitCode?: ExitCode; message?: string; next?: readonly string[] } {
  return ended.how === 'ended' ? ended : {};
}

function boxesOf({ cloud: { state } }: Site, fleet: string): readonly Box[] {
  return living(state).filter((box) => fleetOf(box) === fleet);
}

/** How many of the fleet get production traffic, in the group that has the fewest. */
function servingIn(state: State, fleet: string): number {
  const isOfFleet = (id: string): boolean => fleetOf(state.boxes.get(id)!) === fleet;
  return Math.min(
    ...production(state).map(
      ({ members }) => [...members.values()].filter((one) => isOfFleet(one.id) && isServing(state, one)).length,
    ),
  );
}

function joinUnmanaged({ cloud }: Site): void {
  const box: Box = { id: 'i-new', zone: 'a', state: 'running', image: 'ami-41', fit: true, tags: {}, launchedAt: 0 };
  cloud.change((state) => withBox(state, box));
  for (const { name } of production(cloud.state)) cloud.register(name, box.id);
}

/** What a rollback makes of it. */
async function wentBack(site: Site) {
  const run = await site.run('rollback');
  const [blue, green] = ['blue', 'green'].map((fleet) => servingIn(site.cloud.state, fleet));
  return { blue, green, broken: site.watch.broken, run };
}

const BACK = { blue: 3, green: 0, broken: [] };

describe.each(EVERY_KIND)('$fleet behind $traffic', (kind) => {
  test('a promote that an unmanaged server joins at its end is not called done, names it, and can be rolled back', async () => {
    const [site, run] = await atLastChange(kind, 'green', 'promote', joinUnmanaged);
    expect(said(run), tellRun(run)).toMatchObject({ exitCode: ExitCode.needsAttention });
    expect(said(run).message).toContain('i-new');
    expect(await wentBack(site)).toMatchObject(BACK);
  });

  test('a promote whose green dies at its end says that nothing is healthy, and can be rolled back', async () => {
    const [site, run] = await atLastChange(kind, 'green', 'promote', (at) =>
      boxesOf(at, 'green').forEach(({ id }) => at.cloud.die(id)),
    );
    // A group launches again what it has lost: then all is as it should be.
    const isWhole = kind.fleet === 'auto-scaling' && servingIn(site.cloud.state, 'green') === 3;
    expect(codeOf(run), tellRun(run)).toBe(isWhole ? 'done' : 'needs-attention');
    expect(/42 serves production/.test(said(run).message ?? '')).toBe(isWhole);
    expect(isWhole || said(run).next?.join().includes('`turnout rollback`')).toBe(true);
    expect(await wentBack(site)).toMatchObject(BACK);
  });

  test.each(['dies', 'loses two of three'])(
    'a cleanup ends nothing of the way back while the fleet that serves %s, however long it has waited',
    async (what) => {
      const site = new Site({ ...sceneOf(kind, 'promoted'), draining: true }, { kind, times: DRAINING });
      const ended: number[] = [];
      site.cloud.reactions.push(() => {
        if (boxesOf(site, 'blue').length < 3) ended.push(servingIn(site.cloud.state, 'green'));
      });
      const going = site.start('cleanup', { wait: true });
      await site.clock.pass(2000);
      boxesOf(site, 'green')
        .slice(what === 'dies' ? 0 : 1)
        .forEach(({ id }) => site.cloud.die(id));
      await site.clock.until(() => going.run !== undefined, LONGEST_MS);
      // A group launches again what it has lost, and then is whole.
      const mayBeDone = kind.fleet === 'auto-scaling';
      expect(mayBeDone || codeOf(going.run!) !== 'done', tellRun(going.run!)).toBe(true);
      expect(Math.min(3, ...ended), tellRun(going.run!)).toBe(3);
      expect(site.watch.broken).toEqual([]);
    },
  );

  test('a cleanup that is stopped, after which the fleet that serves gets sick, leaves a way back', async () => {
    const scene = sceneOf(kind, 'promoted');
    const { calls } = (await new Site(scene, { kind }).run('cleanup', { wait: true })).process;
    const first = calls.find(({ name }) => isChange(name))?.n ?? 0;
    for (const stopped of [{ interrupt: { n: first } }, { fault: { n: first, kind: 'denied' } }]) {
      const site = new Site(scene, { kind });
      await site.run('cleanup', { wait: true }, stopped);
      for (const { id } of boxesOf(site, 'green')) site.cloud.behave(id, false);
      await site.clock.pass(20_000);
      expect(await wentBack(site)).toMatchObject(BACK);
    }
  });
});

const BY_WEIGHTS = EVERY_KIND.filter(({ traffic }) => traffic !== 'target-groups');
const MINUTES_OFF = 10 * 60_000;

describe.each(BY_WEIGHTS)('two machines whose clocks differ, $fleet behind $traffic', (kind) => {
  test.each([MINUTES_OFF, -MINUTES_OFF])(
    'the fleet before is kept for as long as it should be (%i ms)',
    async (off) => {
      const site = new Site(sceneOf(kind, 'green'), { kind });
      const promoted = await site.run('promote', {}, {}, { clockOffMs: off });
      expect(codeOf(promoted), tellRun(promoted)).toBe('done');
      for (const clockOffMs of [0, off]) {
        const early = await site.run('cleanup', {}, {}, { clockOffMs });
        expect(said(early), tellRun(early)).toMatchObject({ code: 'retained', exitCode: ExitCode.refused });
      }
      await site.clock.pass((HOLD_S + TAIL_S) * 1000);
      const late = await site.run('cleanup', {}, {}, { clockOffMs: 0 });
      expect(codeOf(late), tellRun(late)).toBe('done');
      expect(site.watch.broken).toEqual([]);
    },
  );
});

const MOVED = EVERY_KIND.filter(({ traffic }) => traffic === 'target-groups');

test.each(MOVED)('a delay that cuts requests off is in the plan: $fleet', async (kind) => {
  const notesWith = async (deregistrationDelayS: number): Promise<string> => {
    const site = new Site(sceneOf(kind, 'green'), { kind, times: { deregistrationDelayS } });
    const { events } = await site.run('promote');
    return events.flatMap((event) => (event.type === 'planned' ? event.notes : [])).join(' ');
  };
  expect(await notesWith(0)).toContain('prod-1 has a deregistration delay of 0 s: requests that take longer are cut');
  expect(await notesWith(60)).not.toContain('deregistration delay');
});

test.each(EVERY_KIND)('one that has died makes the next fleet no smaller: $fleet, $traffic', async (kind) => {
  const site = new Site(sceneOf(kind, 'unadopted'), { kind });
  await site.run('adopt', { release: '41' });
  site.cloud.die('i-blue-2');
  await site.clock.pass(120_000);
  const next = await site.run('up', { release: '42' });
  // What a group has lost it launches again.
  const isWhole = kind.fleet === 'auto-scaling';
  expect(codeOf(next), tellRun(next)).toBe(isWhole ? 'done' : 'fewer-than-before');
  const asked = isWhole ? next : await site.run('up', { release: '42', count: 3 });
  expect(codeOf(asked), tellRun(asked)).toBe('done');
  const launched = living(site.cloud.state).filter(({ image }) => image === 'ami-42');
  expect(launched).toHaveLength(3);
});

const TAGGED = EVERY_KIND.filter(({ fleet }) => fleet === 'ec2');

test.each(TAGGED)('one that loses its tags before its fleet ends is named: $traffic', async (kind) => {
  const scene = sceneOf(kind, 'promoted');
  const { calls } = (await new Site(scene, { kind }).run('cleanup')).process;
  const n = calls.find(({ name }) => isChange(name))?.n ?? 0;
  const site = new Site(scene, { kind });
  const act = (): void =>
    site.watch.byHand(() => site.cloud.untag('i-blue-2', ['turnout:environment', 'turnout:fleet']));
  const run = await site.run('cleanup', {}, { meanwhile: { n, act } });
  expect(said(run).message, tellRun(run)).toContain('i-blue-2');
  expect(site.cloud.state.boxes.get('i-blue-2')?.state).toBe('running');
  expect(site.watch.broken).toEqual([]);
});

test.each(EVERY_KIND.filter(({ fleet }) => fleet === 'auto-scaling'))(
  'an adopt tags nothing that its group ends already: $traffic',
  async (kind) => {
    const site = new Site(sceneOf(kind, 'unadopted'), { kind });
    happenToGroup(site.cloud, 'a group scales in', 0, 0);
    await site.clock.pass(2000);
    expect(codeOf(await site.run('adopt', { release: '41' }))).toBe('done');
    const tagged = [...site.cloud.state.boxes.values()].filter((box) => fleetOf(box)?.startsWith('41'));
    expect(tagged).toHaveLength(2);
    expect(site.watch.broken).toEqual([]);
  },
);
