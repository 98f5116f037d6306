import { expect, test } from 'vitest';
import { goBackByHand } from '../support/little/by-hand.ts';
import { EVERY_KIND } from '../support/little/kinds.ts';
import { fleetOf } from '../support/little/rules.ts';
import { Site } from '../support/little/site.ts';
import { isServing, production, type State } from '../support/little/state.ts';

/** Where the store is lost, what `rollback --print` prints leads production back, in every kind of fleet and of traffic. */

/** Fleets that get new requests of production, and can answer, with how many of each. */
function serving(state: State): Readonly<Record<string, number>> {
  const fleets = production(state).flatMap(({ members }) =>
    [...members.values()].filter((one) => isServing(state, one)).map(({ id }) => fleetOf(state.boxes.get(id)!) ?? id),
  );
  return Object.fromEntries([...Map.groupBy(fleets, (fleet) => fleet)].map(([fleet, all]) => [fleet, all.length]));
}

test.each(EVERY_KIND)('$fleet behind $traffic', async (kind) => {
  const worst: number[] = [];
  const site = new Site({ start: 'promoted', groups: 1, size: 3 }, { kind });
  site.cloud.reactions.push(() => {
    const all = Object.values(serving(site.cloud.state));
    worst.push(all.reduce((sum, n) => sum + n, 0));
  });
  expect(serving(site.cloud.state)).toEqual({ green: 3 });
  const steps = await goBackByHand(site, kind);
  await site.clock.pass(60_000);
  expect(serving(site.cloud.state), JSON.stringify(steps, null, 1)).toEqual({ blue: 3 });
  expect(Math.min(...worst)).toBe(3);
});
