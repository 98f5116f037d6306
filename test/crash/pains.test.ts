import { describe, expect, test } from 'vitest';
import { ATTACHED, SCALED, type Kind } from '../support/little/kinds.ts';
import { MINIMUM } from '../support/little/scene-scaling.ts';
import type { ScalingGroup } from '../support/little/held-by.ts';
import { inService, scalingOf, withGroup } from '../support/little/scaling-state.ts';
import { launch } from '../support/little/scaling.ts';
import { stillHeld } from '../support/little/scaling-rules.ts';
import type { Start } from '../support/little/scene.ts';
import { Site, type SiteOptions } from '../support/little/site.ts';
import { isServing, production, staying, type State } from '../support/little/state.ts';
import { tellRun } from '../support/little/story.ts';
import { codeOf } from './outcome.ts';

/**
 * What others have lost with Auto Scaling groups, by its number in our notes. With real processes and requests it is in
 * test/scenarios/pains.test.ts, auto-scaling.test.ts and attached-groups.test.ts.
 */

const MINUTES = 60_000;
const SIZE = 3;

function siteOf(kind: Kind, start: Start, options: SiteOptions = {}): Site {
  return new Site({ start, groups: 1, size: SIZE }, { kind, ...options });
}

function groupIn(site: Site, name: string): ScalingGroup {
  return scalingOf(site.cloud.state).groups.get(name) as ScalingGroup;
}

async function scaledTo(site: Site, name: string, desired: number): Promise<void> {
  site.cloud.change((state) => withGroup(state, name, { desired }));
  await site.clock.until(() => inService(groupIn(site, name)).length === desired, MINUTES);
  await site.clock.until(() => answering(site.cloud.state, OLD) === desired, MINUTES);
}

/** Images of what new requests of production are sent to. */
function imagesIn(state: State): readonly string[] {
  const ids = production(state).flatMap((group) => staying(group));
  return [...new Set(ids.map((id) => state.boxes.get(id)?.image ?? id))];
}

/** Of production's targets with that image, how many can answer. */
function answering(state: State, image: string): number {
  return production(state).flatMap(({ members }) =>
    [...members.values()].filter((member) => state.boxes.get(member.id)?.image === image && isServing(state, member)),
  ).length;
}

/** Which of its requests is the first that changes something: the plan is made by then. */
async function firstChange(kind: Kind): Promise<number> {
  const { calls } = (await siteOf(kind, 'green').run('promote')).process;
  const requests = calls.filter(({ name }) => !name.startsWith('store'));
  return requests.findIndex(({ name }) => !name.startsWith('Describe')) + 1;
}

const OLD = 'ami-41';
const NEW = 'ami-42';

describe.each([SCALED[0], ATTACHED])('Auto Scaling groups, $traffic', (kind) => {
  test('pain 3: what is not registered any more does not get production', async () => {
    const unanswered: State[] = [];
    const onEffect = (state: State): void => {
      if (answering(state, OLD) < SIZE) unanswered.push(state);
    };
    const site = siteOf(kind, 'green', { onEffect });
    const { targetGroups, members } = groupIn(site, 'shop-b');
    site.atRequest(await firstChange(kind), () =>
      site.watch.byHand(() => {
        for (const id of members.keys()) for (const group of targetGroups) site.cloud.deregister(group, id);
      }),
    );
    const run = await site.run('promote');
    expect(codeOf(run), tellRun(run)).toBe('undone');
    expect(unanswered).toEqual([]);
    expect(imagesIn(site.cloud.state)).toEqual([OLD]);
    expect(site.watch.broken).toEqual([]);
  });

  test('pain 8: the new group has as many as the one that has scaled out, before production leaves that', async () => {
    const seen: number[] = [];
    const onEffect = (state: State): void => void (imagesIn(state).includes(OLD) || seen.push(answering(state, NEW)));
    const site = siteOf(kind, 'green', { onEffect });
    await scaledTo(site, 'shop-a', SIZE + 2);
    const run = await site.run('promote');
    expect(codeOf(run), tellRun(run)).toBe('done');
    expect(seen[0]).toBe(SIZE + 2);
    expect(site.watch.broken).toEqual([]);
  });

  test('pain 9: another size of the next release changes nothing of what serves', async () => {
    const site = siteOf(kind, 'blue');
    const facts = () => {
      const { minimum, maximum, desired, version, members, targetGroups } = groupIn(site, 'shop-a');
      return { minimum, maximum, desired, version, members: [...members.keys()], targetGroups };
    };
    const before = facts();
    const run = await site.run('up', { release: '42', count: SIZE + 2 });
    expect(codeOf(run), tellRun(run)).toBe('done');
    expect(inService(groupIn(site, 'shop-b'))).toHaveLength(SIZE + 2);
    expect(facts()).toEqual(before);
  });

  test('pain 10: a promote that is killed leaves no minimum raised that nothing needs', async () => {
    const whole = siteOf(kind, 'green');
    const { calls } = (await whole.run('promote')).process;
    const changes = calls.filter(({ name }) => name.includes('UpdateAutoScalingGroup'));
    expect(changes.length).toBeGreaterThan(0);
    for (const { n } of changes) {
      const site = siteOf(kind, 'green');
      await site.run('promote', {}, { kill: { n, when: 'after' } });
      for (const ask of ['rollback', 'cleanup'] as const) {
        const run = await site.run(ask, ask === 'cleanup' ? { discard: true, wait: true } : {});
        expect(['done', 'nothing-moved', 'not-promoted'], tellRun(run)).toContain(codeOf(run));
      }
      expect(groupIn(site, 'shop-a').minimum, `killed at ${n}`).toBe(MINIMUM);
      expect(stillHeld(site.cloud.state, MINIMUM)).toEqual([]);
    }
  });

  test('pain 14: what is launched and lost between ready and the switch is neither left out nor waited for', async () => {
    const site = siteOf(kind, 'green');
    site.atRequest(await firstChange(kind), () => {
      const [lost] = inService(groupIn(site, 'shop-b'));
      site.cloud.terminate(lost!.id);
      launch(site.cloud, 'shop-b');
    });
    const run = await site.run('promote');
    expect(codeOf(run), tellRun(run)).toBe('done');
    await site.clock.until(() => answering(site.cloud.state, NEW) === SIZE, MINUTES);
    expect(imagesIn(site.cloud.state)).toEqual([NEW]);
    expect(site.watch.broken).toEqual([]);
  });

  test('pain 15: old code that its group launches during and after the switch gets no production', async () => {
    const site = siteOf(kind, 'green');
    site.atRequest(await firstChange(kind), () => launch(site.cloud, 'shop-a'));
    const run = await site.run('promote');
    expect(codeOf(run), tellRun(run)).toBe('done');
    expect(imagesIn(site.cloud.state)).toEqual([NEW]);
    const before = inService(groupIn(site, 'shop-a')).length;
    site.cloud.change((state) => withGroup(state, 'shop-a', { desired: SIZE + 2 }));
    await site.clock.until(() => inService(groupIn(site, 'shop-a')).length === SIZE + 2, MINUTES);
    expect(before).toBeLessThan(SIZE + 2);
    expect(imagesIn(site.cloud.state)).toEqual([NEW]);
    expect(site.watch.broken).toEqual([]);
  });

  test('pain 19: a group that is in service and sick is not ready, and does not get production', async () => {
    const site = siteOf(kind, 'blue');
    const up = await site.run('up', { release: '42-sick' });
    expect(codeOf(up), tellRun(up)).not.toBe('done');
    const promote = await site.run('promote');
    expect(codeOf(promote), tellRun(promote)).not.toBe('done');
    expect(imagesIn(site.cloud.state)).toEqual([OLD]);
    expect(answering(site.cloud.state, OLD)).toBe(SIZE);
    expect(site.watch.broken).toEqual([]);
  });
});
