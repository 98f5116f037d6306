import type { Site } from '../support/little/site.ts';
import { groupOfBox } from '../support/little/scaling-state.ts';
import { living, type Box, type State } from '../support/little/state.ts';
import { stackFaults } from '../support/little/opsworks.ts';
import { fleetOf, shownFleet } from '../support/little/rules.ts';

const FRESH_MS = 5000;

/** Everything that we have booted belongs to a fleet, and `status` shows it; what it does not show. */
export async function leaks(site: Site): Promise<readonly string[]> {
  const { snapshot } = await site.status();
  const shown = new Set(snapshot.fleets.flatMap((fleet) => fleet.instances.map(({ id }) => id)));
  // What a group has launched by itself a moment ago may not show yet.
  const isFresh = ({ id, launchedAt }: Box): boolean => {
    const group = groupOfBox(site.cloud.state, id);
    // Instances get their tags before their group is the fleet, and only then is it one.
    const isNoFleet = group !== undefined && group.tags['turnout:fleet'] === undefined;
    return isNoFleet || (group !== undefined && site.clock.now - launchedAt < FRESH_MS);
  };
  const ours = living(site.cloud.state).filter(
    (box) => (box.token !== undefined || fleetOf(box) !== undefined) && !isFresh(box),
  );
  const unknown = [...new Set(ours.flatMap((box) => shownFleet(site.cloud.state, box) ?? []))].filter(
    (id) => !snapshot.fleets.some((fleet) => fleet.id === id),
  );
  return [
    ...ours.filter(({ id }) => !shown.has(id)).map(({ id }) => `${id} is shown nowhere`),
    ...stackFaults(site.cloud.state),
    ...layersOf(site.cloud.state)
      .filter((fleet) => !snapshot.fleets.some(({ id }) => id === fleet))
      .map((fleet) => `the layer of ${fleet} is shown nowhere`),
    ...unknown.map((id) => `fleet ${id} is shown nowhere`),
  ];
}

/** The fleets whose layers we have made. */
function layersOf({ stack }: State): readonly string[] {
  return [...(stack?.layers.values() ?? [])].flatMap(({ json }): string[] => JSON.parse(json).turnout?.fleet ?? []);
}
