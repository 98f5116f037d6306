import { fleets } from '../support/little/goals.ts';
import type { Site } from '../support/little/site.ts';
import { living, type State } from '../support/little/state.ts';
import { stackFaults } from '../support/little/opsworks.ts';
import { fleetOf } from '../support/little/rules.ts';

/** Everything that we have booted belongs to a fleet, and `status` shows it; what it does not show. */
export async function leaks(site: Site): Promise<readonly string[]> {
  const { snapshot } = await site.status();
  const shown = new Set(snapshot.fleets.flatMap((fleet) => fleet.instances.map(({ id }) => id)));
  const ours = living(site.cloud.state).filter((box) => box.token !== undefined || fleetOf(box) !== undefined);
  const unknown = fleets(site.cloud.state).filter((id) => !snapshot.fleets.some((fleet) => fleet.id === id));
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
