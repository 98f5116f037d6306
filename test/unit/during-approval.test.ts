import { expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { EVERY_KIND, worldOf, type KindOfWorld } from '../support/every-kind.ts';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { takeAway, unlisten, type Act } from '../support/hands.ts';
import { settingsIn } from '../support/weighted-worlds.ts';

/** What others do to listeners, rules and records while a promote waits for its approval, in every kind. */

const WELL = ['healthy', 'healthy'] as const;
const LATER_MS = 300_000;

/** Somebody approves it minutes later, directly after that has happened. */
function promoting(kind: KindOfWorld, act: Act): Rig {
  const start: Snapshot = worldOf(kind, { blue: WELL, green: WELL });
  const fake = new FakeWorld(start);
  Object.assign(fake.ports.traffic, { settings: settingsIn(start).traffic });
  const rig = new Rig(fake);
  rig.onEvent = (event) => {
    const { asked } = rig.store;
    if (event.type !== 'step-waiting' || asked === undefined || asked.decision !== undefined) return;
    if (fake.clock.now() < Date.parse(asked.since) + LATER_MS) return;
    act(fake);
    const at = new Date(fake.clock.now()).toISOString();
    void rig.store.decideApproval(asked, { kind: 'approved', who: 'bob@desk', at });
  };
  return rig;
}

const MOVED = EVERY_KIND.filter(({ traffic }) => traffic === 'membership');
const DIVIDED = EVERY_KIND.filter(({ traffic }) => traffic !== 'membership');
const RULES = EVERY_KIND.filter(({ traffic }) => traffic === 'listener-weights');

/** Requests that give production to green. */
const givesProduction = ({ log }: Rig): readonly string[] =>
  log.filter((what) => /^(register prod|attach .*prod|weigh shop:0)/.test(what));

const ELSEWHERE = 'shop:0 was changed by another actor: it forwards to no group of the config.';
const REDIRECT = 'shop:0 was changed by another actor: it gives its clients a redirect.';

test.each([
  ...DIVIDED.map((kind) => ({ ...kind, what: 'leads elsewhere', act: takeAway(), says: ELSEWHERE })),
  ...RULES.map((kind) => ({ ...kind, what: 'is a redirect', act: takeAway('a redirect'), says: REDIRECT })),
])('what leads to production $what by then, and is left alone: $fleet, $traffic', async ({ act, says, ...kind }) => {
  const rig = promoting(kind, act);
  const { exitCode, message } = await rig.run('promote', { approve: true });
  expect(exitCode).toBe(ExitCode.needsAttention);
  expect(message).toContain(says);
  expect(message).toContain('What others have done is left as it is.');
  expect(givesProduction(rig)).toEqual([]);
});

test.each(MOVED)('production has no listener by then, and gets no servers: $fleet', async (kind) => {
  const rig = promoting(kind, unlisten('prod', 'A-0', 'A-1'));
  const { exitCode, message } = await rig.run('promote', { approve: true });
  expect(exitCode).not.toBe(ExitCode.done);
  expect(message).toContain('No listener forwards to prod now');
  expect(givesProduction(rig)).toEqual([]);
});

test.each(EVERY_KIND)('where nothing was done, it goes on: $fleet, $traffic', async (kind) => {
  const rig = promoting(kind, () => {});
  await rig.run('promote', { approve: true });
  expect(givesProduction(rig)).not.toEqual([]);
});
