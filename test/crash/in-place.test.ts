import { describe, expect, test } from 'vitest';
import { ExitCode, OperatorError } from '../../src/errors.ts';
import { KINDS, OPSWORKS, type Kind } from '../support/little/kinds.ts';
import type { Call } from '../support/little/process.ts';
import type { Scene } from '../support/little/scene.ts';
import { Site, type Run, type SiteOptions } from '../support/little/site.ts';
import { living, production, type State } from '../support/little/state.ts';
import { codeOf, refusedWell } from './outcome.ts';

/** Deploys in place, from beginning to end, in worlds that the crash matrix does not begin in. */

const SCENE: Scene = { start: 'blue', groups: 1, size: 2 };
const FIRST = 'i-blue-1';

function open(options: SiteOptions = {}, scene: Scene = SCENE): Site {
  const site = new Site(scene, { deploys: 'lasting', ...options });
  // Which zone is empty for a while is a matter of chance.
  site.watch.acceptedMinimum = 0;
  return site;
}

/** `group instance health`, of every target. */
function targets({ cloud }: Site): readonly string[] {
  const all = [...cloud.state.groups.values()];
  return all
    .flatMap(({ name, members }) => [...members.values()].map(({ id, health }) => `${name} ${id} ${health}`))
    .toSorted();
}

/** Ours that run and are in no group. */
function targetless({ cloud: { state } }: Site): readonly string[] {
  const known = new Set([...state.groups.values()].flatMap(({ members }) => [...members.values()].map(({ id }) => id)));
  return living(state).flatMap(({ id }) => (id.startsWith('i-blue-') && !known.has(id) ? [id] : []));
}

function tagsOf({ cloud }: Site, id: string): Readonly<Record<string, string>> {
  return cloud.state.boxes.get(id)?.tags ?? {};
}

/** No instance was deployed to while in traffic, and no invariant was broken. */
function faults({ watch, deployer }: Site): readonly string[] {
  return [...watch.broken, ...(deployer?.broken ?? [])];
}

function callsTo(operation: string, { process }: Run): readonly Call[] {
  return process.calls.filter(({ name }) => name === operation);
}

describe.each([KINDS[0], OPSWORKS])('fleets of $fleet', (kind) => {
  test('drain, deploy and join: the two halves, with what lies between', async () => {
    const site = open({ kind });
    const before = targets(site);
    const wish = { instances: [FIRST] };
    expect(codeOf(await site.run('drain', wish))).toBe('done');
    expect(targets(site)).toEqual(before.filter((line) => !line.includes(FIRST)));
    expect(tagsOf(site, FIRST)['turnout:left']).toBeDefined();
    expect(codeOf(await site.run('deploy', { ...wish, release: '42' }))).toBe('done');
    expect(codeOf(await site.run('join', wish))).toBe('done');
    expect(targets(site)).toEqual(before);
    expect(tagsOf(site, FIRST)).toMatchObject({ 'turnout:release': '42' });
    expect(tagsOf(site, FIRST)['turnout:left']).toBeUndefined();
    expect(codeOf(await site.run('rolling', { release: '42' }))).toBe('done');
    expect(site.deployer?.begun).toHaveLength(2);
    const { fleets } = (await site.status()).snapshot;
    expect(fleets.map(({ release }) => release)).toEqual(['42']);
    expect(faults(site)).toEqual([]);
  });

  test('what a deploy lacks is said before anything is changed', async () => {
    const site = open({ kind });
    const next = ['Did you mean release instead of releese?'];
    site.deployer!.cannotBegin = new OperatorError('wrong-parameters', 'It has no parameter releese.', { next });
    const run = await site.run('rolling', { release: '42' });
    expect(codeOf(run)).toBe('wrong-parameters');
    expect([...refusedWell(run), ...targetless(site), ...site.deployer!.begun, ...faults(site)]).toEqual([]);
  });

  test('an instance that dies under its deploy ends the deploy, however long that would have taken', async () => {
    const site = open({ kind });
    const deployer = site.deployer!;
    deployer.deployMs = 3_600_000;
    const going = site.start('rolling', { release: '42' });
    await site.clock.until(() => deployer.begun.length > 0, 600_000);
    await site.clock.pass(20_000);
    const [gone, ...others] = targetless(site);
    site.cloud.die(gone!);
    const died = site.clock.now;
    await site.clock.until(() => going.run !== undefined, 3_600_000);
    expect(others).toEqual([]);
    expect(site.clock.now - died).toBeLessThan(10_000);
    expect(going.run!.ended).toMatchObject({ code: 'failed', exitCode: ExitCode.safe });
    expect(going.run!.ended).toMatchObject({ message: expect.stringContaining(`${gone} went away meanwhile`) });
    expect(going.run!.ended).toMatchObject({ message: expect.stringContaining('Deploying 42 was ended there.') });
    expect(deployer.begun).toEqual(deployer.stopped.map((token) => `${token} migrates`));
    expect(faults(site)).toEqual([]);
  });
});

test('a group that holds an instance by its address is left and joined like the others', async () => {
  const byAddress = (scene: Scene): State => {
    const state = KINDS[0].stage(scene);
    const members = production(state)[0]?.members ?? new Map();
    return { ...state, groups: new Map(state.groups).set('ip', { name: 'ip', byAddress: true, members }) };
  };
  const kind: Kind = { ...KINDS[0], stage: byAddress };
  const site = open({ kind });
  const before = targets(site);
  expect(before).toContain(`ip ${FIRST} healthy`);
  expect(codeOf(await site.run('drain', { instances: [FIRST] }))).toBe('done');
  expect(targets(site)).toEqual(before.filter((line) => !line.includes(FIRST)));
  expect(codeOf(await site.run('join', { instances: [FIRST] }))).toBe('done');
  expect(codeOf(await site.run('rolling', { release: '42' }))).toBe('done');
  expect(targets(site)).toEqual(before);
  expect(faults(site)).toEqual([]);
});

test('a group of the config that knows its targets by address is refused before anything is changed', async () => {
  const stage = (scene: Scene): State => {
    const state = KINDS[0].stage(scene);
    const groups = [...state.groups].map(([name, group]) => [name, { ...group, byAddress: true as const }] as const);
    return { ...state, groups: new Map(groups) };
  };
  const run = await open({ kind: { ...KINDS[0], stage } }).run('rolling', { release: '42' });
  expect(run).toMatchObject({ changes: 0, ended: { code: 'not-for-instances', exitCode: ExitCode.refused } });
});

test('what carries the release is deployed to again with --force only, and then once', async () => {
  const forced = { release: '41', force: true };
  const [, second] = callsTo('DeregisterTargets', await open().run('rolling', forced));
  const site = open();
  const none = await site.run('rolling', { release: '41' });
  expect([codeOf(none), none.changes]).toEqual(['done', 0]);
  await site.run('rolling', forced, { kill: { n: second?.n ?? 0, when: 'before' } });
  expect(site.deployer?.begun).toHaveLength(1);
  expect(codeOf(await site.run('resume'))).toBe('done');
  expect(site.deployer?.begun).toHaveLength(2);
  expect(faults(site)).toEqual([]);
});

test('draining ends early once the instance says that nothing is in flight', async () => {
  const times = { deregistrationDelayS: 100 };
  const seconds = async (idleAfterS: number): Promise<number> => {
    const asked: number[] = [];
    const site = open({
      times,
      probe: {
        drains: true,
        isIdle: async () => {
          asked.push(site.clock.now);
          return site.clock.now - (asked[0] ?? 0) >= idleAfterS * 1000;
        },
      },
    });
    const begun = site.clock.now;
    expect(codeOf(await site.run('drain', { instances: [FIRST] }))).toBe('done');
    expect(faults(site)).toEqual([]);
    return (site.clock.now - begun) / 1000;
  };
  expect(await seconds(5)).toBeLessThan(15);
  expect(await seconds(1000)).toBeGreaterThan(100);
});

describe('hooks on the way back', () => {
  function told(scene: Scene): { site: Site; times: string[] } {
    const times: string[] = [];
    const run = async (time: string): Promise<boolean> => {
      times.push(time);
      return true;
    };
    return { site: open({ hooks: { run } }, scene), times };
  }

  test('onRollback comes before production is moved back', async () => {
    const { site, times } = told({ start: 'promoted', groups: 1, size: 1 });
    expect(codeOf(await site.run('rollback'))).toBe('done');
    expect(times).toEqual(['beforeTask', 'onRollback', 'afterTask']);
  });

  test('onRollback comes before a deploy is taken back, and then onFailure', async () => {
    const scene: Scene = { start: 'blue', groups: 2, size: 2 };
    const [, second] = callsTo('DeregisterTargets', await told(scene).site.run('drain', { instances: [FIRST] }));
    const { site, times } = told(scene);
    const run = await site.run('drain', { instances: [FIRST] }, { fault: { n: second?.n ?? 0, kind: 'denied' } });
    expect(codeOf(run)).toBe('undone');
    expect(times).toEqual(['beforeTask', 'beforeInstance', 'onRollback', 'afterInstance', 'onFailure']);
  });
});
