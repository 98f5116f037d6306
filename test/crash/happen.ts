import { fleetOf } from '../support/little/rules.ts';
import type { Site } from '../support/little/site.ts';
import type { LittleCloud } from '../support/little/cloud.ts';
import { ADMIN, ownedBy, RULE, ruleTo } from '../support/little/outsiders.ts';
import { GROUP_HAPPENINGS, happenToGroup, type GroupHappening } from '../support/little/scaling-happens.ts';
import { tagLayerOf } from '../support/little/opsworks.ts';
import { scalingOf } from '../support/little/scaling-state.ts';
import { living, production, SECOND_PORT, withWeights, type Box, type OtherWay } from '../support/little/state.ts';
import type { Happening } from './histories.ts';

/** Lets it happen to a site, when its time has come. */
export function expectHappening(site: Site, happening: Happening): void {
  const { at } = happening;
  if ('ms' in at) site.clock.after(at.ms, () => happen(site, happening));
  else site.atRequest(at.request, () => happen(site, happening));
}

function happen(site: Site, { what, who, forMs }: Happening): void {
  const { cloud, clock, weather } = site;
  if (what === 'throttling') weather.throttledUntil = clock.now + forMs;
  if (what === 'stale readings') weather.staleUntil = clock.now + forMs;
  if (isOfGroups(what)) return cloud.state.scaling && toGroup(site, what, who, forMs);
  const ours = living(cloud.state).filter((box) => fleetOf(box) !== undefined && box.state === 'running');
  const box = ours[who % Math.max(1, ours.length)];
  if (box === undefined) return;
  if (what === 'dies') cloud.die(box.id);
  if (what === 'gets sick') cloud.behave(box.id, false);
  if (what === 'gets well') cloud.behave(box.id, true);
  if (what.endsWith('by hand')) byHand(site, what, box, who);
}

const OF_TAGS: ReadonlySet<Happening['what']> = new Set([
  'loses its tags by hand',
  'an owner takes it by hand',
  'another environment takes it by hand',
]);

function isOfGroups(what: Happening['what']): what is GroupHappening {
  return GROUP_HAPPENINGS.some((one) => one === what);
}

/** What the team wants its minimum to be is as good as what it was. */
function toGroup({ cloud, watch }: Site, what: GroupHappening, who: number, forMs: number): void {
  if (!what.endsWith('by hand')) return happenToGroup(cloud, what, who, forMs);
  watch.byHand(() => happenToGroup(cloud, what, who, forMs));
  const minima = [...scalingOf(cloud.state).groups.values()].map(({ minimum }) => minimum);
  if (what === 'a minimum is set by hand') watch.least = Math.min(watch.least, ...minima);
}

/** An operator changes something, and the watch records it. */
function byHand({ cloud, watch }: Site, what: Happening['what'], box: Box, who: number): void {
  const groups = production(cloud.state);
  const group = groups[who % Math.max(1, groups.length)]?.name;
  const way = [...(cloud.state.ways ?? [])].find(([, { role }]) => role === 'production');
  const names = [...cloud.state.groups.values()].filter(({ others }) => others !== true).map(({ name }) => name);
  watch.byHand(() => {
    // What an instance of a group is, its group says.
    if (cloud.state.scaling !== undefined && OF_TAGS.has(what)) return;
    byOthers(cloud, what, box, who);
    if (what === 'another port joins by hand' && group !== undefined) cloud.register(group, box.id, SECOND_PORT);
    if (what === 'is registered by hand' && group !== undefined) cloud.register(group, box.id);
    if (what === 'is deregistered by hand' && group !== undefined) cloud.deregister(group, box.id);
    if (what === 'loses its tags by hand') cloud.untag(box.id, ['turnout:environment', 'turnout:fleet']);
    if (what === 'weights are set by hand' && way !== undefined) {
      const weights = new Map(names.map((name, n) => [name, (n + who) % 2 === 0 ? 100 : who * 10]));
      cloud.change((state) => withWeights(state, way[0], weights));
    }
    if (what === 'an unmanaged server joins by hand' && group !== undefined) {
      const { zone, image } = box;
      cloud.register(group, cloud.boot({ zone, image, fit: true, tags: {} }));
    }
  });
}

/** The same, where others have something in the cloud. */
function byOthers(cloud: LittleCloud, what: Happening['what'], box: Box, who: number): void {
  const { others, groups } = cloud.state;
  if (others === undefined) return;
  const lead = (ways: readonly OtherWay[]): void =>
    cloud.change((state) => ({ ...state, others: new Map(ways.map((way) => [way.arn, way])) }));
  const own = [...(groups.get(ADMIN)?.members.keys() ?? [])].filter(
    (id) => !id.includes('blue') && !id.includes('green'),
  );
  const rest = [...others.values()].filter(({ arn }) => arn !== RULE);
  if (what === 'another group takes it by hand') cloud.register(ADMIN, box.id);
  if (what === 'another group loses a server of its own by hand') own.forEach((id) => cloud.deregister(ADMIN, id));
  if (what === 'nothing leads to another group by hand') lead(rest.filter(({ weights }) => !weights.has(ADMIN)));
  if (what === 'another rule leads here by hand') lead([...rest, ruleTo(cloud.state, who)]);
  if (what === 'an owner takes it by hand') cloud.tag(box.id, ownedBy(box).tags);
  if (what === 'another environment takes it by hand') {
    const taken = { 'turnout:environment': 'other' };
    if (!tagLayerOf(cloud, box.id, taken)) cloud.tag(box.id, taken);
  }
}
