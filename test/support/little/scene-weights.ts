import { EPOCH } from './clock.ts';
import { boxOf, bystanders, fleetsOf, type FleetSpec, type Scene, type Start } from './scene.ts';
import { PORT, type Box, type Member, type State, type Way } from './state.ts';

/** Percent of production that green has where both have some. */
const PART = 10;
const LONG_AGO = '2025-12-31T12:00:00.000Z';

/** Where weights move traffic: `one` has blue, `two` has green or is empty, and this many rules lead to production. */
export function stageWeights(scene: Scene): State {
  const { start, groups, size, draining = false } = scene;
  const boxes = new Map<string, Box>(bystanders().map((box) => [box.id, box]));
  const members = new Map([
    ['one', new Map<string, Member>()],
    ['two', new Map<string, Member>()],
  ]);
  for (const spec of fleetsOf(scene)) {
    for (let n = 0; n < size; n += 1) {
      const box = boxOf(
        { ...spec, marks: { ...spec.marks, ...share(spec, start, draining) } },
        n,
        n >= size - spec.sick,
      );
      boxes.set(box.id, box);
      const health = box.fit ? 'healthy' : 'unhealthy';
      members.get(spec.name === 'green' ? 'two' : 'one')?.set(box.id, { id: box.id, port: PORT, health });
    }
  }
  const shown = [...members].map(([name, all]) => [name, { name, members: all }] as const);
  return { boxes, groups: new Map(shown), ways: new Map(waysOf(start, groups).map((way) => [way.arn, way])) };
}

/** What runs of ours wrote down about the fleet's share. */
function share({ name, marks, serves }: FleetSpec, start: Start, isFresh: boolean): Readonly<Record<string, string>> {
  const at = isFresh ? new Date(EPOCH).toISOString() : LONG_AGO;
  if (start === 'in part') return name === 'green' ? { 'turnout:share': `${PART}@${at}` } : {};
  const left = !serves && marks['turnout:promoted'] !== undefined;
  return left || (start === 'promoted' && !serves) ? { 'turnout:share': `0@${at}` } : {};
}

/** The first one of production is a listener's default action, the second a rule; the last one is for tests. */
function waysOf(start: Start, production: number): readonly Way[] {
  const green = start === 'promoted' ? 100 : start === 'in part' ? PART : 0;
  const weights = divided(green);
  const ways: readonly Way[] = [
    { arn: 'arn:80', port: 80, role: 'production', weights },
    { arn: 'arn:81:10', port: 81, priority: 10, role: 'production', weights },
  ];
  const test: Way = { arn: 'arn:90', port: 90, role: 'test', weights: divided(start === 'promoted' ? 0 : 100) };
  return [...ways.slice(0, production), test];
}

function divided(two: number): Way['weights'] {
  return new Map([
    ['one', 100 - two],
    ['two', two],
  ]);
}

/** Where names move traffic: the same, with names in place of ways to production, each in a zone of its own. */
export function stageNames(scene: Scene): State {
  const { ways, ...rest } = stageWeights(scene);
  const production = [...(ways?.values() ?? [])].filter(({ role }) => role === 'production');
  const named = production.map(({ port, role, weights }, n) => ({ port, role, weights, arn: `www.shop${n + 1}.test` }));
  return { ...rest, ways: new Map(named.map((way) => [way.arn, way])) };
}

/** Names whose records have that TTL. */
export function withTtl(state: State, ttlS: number): State {
  return { ...state, ways: new Map([...(state.ways ?? [])].map(([name, way]) => [name, { ...way, ttlS }])) };
}
