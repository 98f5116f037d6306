import { describe, expect, test } from 'vitest';
import { isMarked, otherStore, readStoreMark, writeStoreMark } from '../../src/domain/store-mark.ts';
import { Decision } from '../../src/run/engine/decision.ts';
import { waitUntilNoticed } from '../../src/run/engine/other-store.ts';
import { withStoreSteps } from '../../src/plan/store-steps.ts';
import { behaviourOf, type Step } from '../../src/steps/index.ts';
import { toFleets } from '../../src/fleets/ec2/tags.ts';
import { blueAndGreen } from '../support/fake-world.ts';
import { errorOf } from '../support/expect-advice.ts';
import { REGISTER } from '../support/fake-run.ts';
import { FOREIGN_MARK, markedWith, OWN_STORE } from '../support/own-store.ts';

const AT = Date.UTC(2026, 10, 26);

describe('a store mark', () => {
  test('says again what was written', () => {
    expect(readStoreMark(writeStoreMark(AT, { id: 'k3f9', words: 'file /a/shop.db on desk by ann' }))).toMatchObject({
      at: AT,
      id: 'k3f9',
      words: 'file /a/shop.db on desk by ann',
    });
  });

  test('has what both EC2 and OpsWorks take in a tag, however odd and long its words are', () => {
    const text = writeStoreMark(AT, { id: 'k3f9', words: `file /ann's "shop",*?/${'ü'.repeat(400)} by ann@desk` });
    expect(text).toMatch(/^[\p{L}\p{N} +\-=._:/]{1,255}$/u);
    expect(readStoreMark(text).id).toBe('k3f9');
    expect(writeStoreMark(AT, { id: 'k3f9', words: 'by ann@desk' })).toContain('by ann at desk');
  });

  test('is the newest of the instances, where a run was interrupted while it wrote it', () => {
    const [older, newer] = [writeStoreMark(AT, OWN_STORE), writeStoreMark(AT + 1, { id: 'new', words: 'x' })];
    const tagged = (InstanceId: string, store: string) => {
      const tags = { 'turnout:environment': 'shop', 'turnout:fleet': 'A', 'turnout:store': store };
      return {
        InstanceId,
        State: { Name: 'running' as const },
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      };
    };
    const instances = [tagged('i-1', newer), tagged('i-2', older)] as unknown as Parameters<typeof toFleets>[1];
    const [fleet] = toFleets({ environment: 'shop', tagPrefix: 'turnout' }, instances);
    expect(fleet?.marks.store).toBe(newer);
  });
});

describe('the steps that write it', () => {
  const plan = (steps: readonly Step[]) => ({ steps, notes: [] });
  const { now } = blueAndGreen();

  test('are none where nothing is done, or all fleets have it', () => {
    expect(withStoreSteps(now, plan([]), OWN_STORE).steps).toEqual([]);
    expect(withStoreSteps(markedWith(now), plan([REGISTER]), OWN_STORE).steps).toEqual([REGISTER]);
  });

  test('come first where a fleet lacks it, and leave one mark on all', () => {
    const steps = withStoreSteps(now, plan([REGISTER]), OWN_STORE).steps;
    expect(steps.map((step) => step.do)).toEqual(['tag-store-id', 'register']);
    expect(isMarked(behaviourOf(steps[0]!).simulate(now), OWN_STORE.id)).toBe(true);
  });

  test('copy what others have, and are newer than what they replace', () => {
    const [own = ''] = markedWith(now).fleets.map(({ marks }) => marks.store);
    const lacking = {
      ...now,
      fleets: now.fleets.map((fleet, n) => (n === 0 ? { ...fleet, marks: { store: own } } : fleet)),
    };
    const [copying] = withStoreSteps(lacking, plan([REGISTER]), OWN_STORE).steps;
    expect(
      behaviourOf(copying!)
        .simulate(lacking)
        .fleets.map(({ marks }) => marks.store),
    ).toEqual([own, own]);
    const foreign = markedWith({ ...now, at: 0 }, FOREIGN_MARK);
    const [taking] = withStoreSteps(foreign, plan([REGISTER]), OWN_STORE, FOREIGN_MARK).steps;
    expect(behaviourOf(taking!).conflict(foreign)).toBeUndefined();
    expect(otherStore(behaviourOf(taking!).simulate(foreign), OWN_STORE.id)).toBeUndefined();
  });

  test('conflict with a mark that came after the plan', () => {
    const [step] = withStoreSteps(now, plan([REGISTER]), OWN_STORE).steps;
    expect(behaviourOf(step!).conflict(markedWith(now, FOREIGN_MARK))).toContain('Another store keeps');
  });

  test('come last for the first fleet of all', () => {
    const [blue] = now.fleets;
    const bare = { ...now, fleets: [], unmanaged: blue!.instances };
    const instances = blue!.instances.map(({ id }) => id);
    const adopts: Step = { do: 'claim', fleet: 'A', release: '41', instances, at: '2026-11-26T00:00:00.000Z' };
    const { steps } = withStoreSteps(bare, plan([adopts]), OWN_STORE);
    expect(steps.map((step) => step.do)).toEqual(['claim', 'tag-store-id']);
  });
});

test('whoever has just taken over waits until no other run may act on a look from before', async () => {
  const fake = blueAndGreen();
  const { clock } = fake;
  const taken = markedWith(fake.now, writeStoreMark(clock.now(), OWN_STORE));
  const other = new Decision(clock);
  const lookedFrom = clock.monotonic();
  const signal = new AbortController().signal;
  const waited = waitUntilNoticed({ clock, settleMs: 1, emit: () => {}, signal }, taken);
  const acts = errorOf(
    waited.then(() => {
      other.made(lookedFrom);
      other.check();
    }),
  );
  await clock.advance(60_000);
  expect(await acts).toMatchObject({ code: 'decision-expired' });
});
