import { writeStoreMark } from '../../../src/domain/store-mark.ts';
import { EPOCH } from './clock.ts';
import type { Outsiders } from './outsiders.ts';
import { FIRST_STORE } from './store.ts';
import { PORT, type Box, type Group, type Health, type Member, type State } from './state.ts';

/** Worlds that a history begins in; all of them have settled long ago. */
export const STARTS = ['unadopted', 'blue', 'green', 'promoted', 'rejected'] as const;
/** `in part`: where weights move traffic, both fleets have some. */
export type Start = (typeof STARTS)[number] | 'in part';

export interface Scene {
  readonly start: Start;
  /** Production target groups; or where weights move traffic, ways that lead there. */
  readonly groups: number;
  /** Instances a fleet. */
  readonly size: number;
  /** One of the instances that serve fails its health checks. */
  readonly sick?: boolean;
  /** The other fleet has just been taken out of production, and drains. */
  readonly draining?: boolean;
  /** No store has left its mark on the fleets yet. */
  readonly unmarked?: boolean;
  readonly outsiders?: Outsiders;
}

const ZONES = ['a', 'b'];
const LONG_AGO = -86_400_000;
const STORE_MARK = writeStoreMark(EPOCH + LONG_AGO, FIRST_STORE);

export interface FleetSpec {
  readonly name: string;
  readonly release: string;
  readonly marks: Readonly<Record<string, string>>;
  readonly serves: boolean;
  readonly sick: number;
}

/** Where membership moves traffic. Two things that are not ours stand beside it: an instance of another environment, and one that an operator tries by hand. */
export function stage(scene: Scene): State {
  const { groups, size, draining = false } = scene;
  const boxes = new Map<string, Box>();
  const names = Array.from({ length: groups }, (_, n) => `prod-${n + 1}`);
  const members = new Map([...names, 'test'].map((name) => [name, new Map<string, Member>()]));
  for (const spec of fleetsOf(scene)) {
    for (let n = 0; n < size; n += 1) {
      const box = boxOf(spec, n, n >= size - spec.sick);
      boxes.set(box.id, box);
      const health: Health = box.fit ? 'healthy' : 'unhealthy';
      const member = { id: box.id, port: PORT };
      for (const name of spec.serves ? names : ['test']) members.get(name)?.set(box.id, { ...member, health });
      for (const name of draining && !spec.serves ? names : [])
        members.get(name)?.set(box.id, { ...member, health: 'draining' });
    }
  }
  for (const box of bystanders()) boxes.set(box.id, box);
  members.get('test')?.set('i-hand', { id: 'i-hand', port: PORT, health: 'healthy' });
  const shown = [...members].map(([name, all]): [string, Group] => [
    name,
    { name, role: name === 'test' ? 'test' : 'production', members: all },
  ]);
  return { boxes, groups: new Map(shown) };
}

export function fleetsOf({ start, sick = false, unmarked = false }: Scene): readonly FleetSpec[] {
  const store = unmarked ? {} : { 'turnout:store': STORE_MARK };
  const current = { 'turnout:current': '2025-12-01T00:00:00.000Z', ...store };
  const promoted = { 'turnout:promoted': '2025-12-31T00:00:00.000Z', ...store };
  const isBlueServing = start !== 'promoted';
  const blue = {
    name: 'blue',
    release: '41',
    marks: current,
    serves: isBlueServing,
    sick: sick && isBlueServing ? 1 : 0,
  };
  if (start === 'unadopted' || start === 'blue') return [{ ...blue, name: start === 'blue' ? 'blue' : '' }];
  const marks = start === 'green' ? store : promoted;
  return [blue, { name: 'green', release: '42', marks, serves: !isBlueServing, sick: sick && !isBlueServing ? 1 : 0 }];
}

export function boxOf({ name, release, marks }: FleetSpec, n: number, isSick: boolean): Box {
  const owned = {
    'turnout:environment': 'shop',
    'turnout:fleet': name,
    'turnout:release': release,
    ...marks,
  };
  return {
    id: `i-${name || 'blue'}-${n + 1}`,
    zone: ZONES[n % ZONES.length] as string,
    state: 'running',
    image: `ami-${release}`,
    fit: !isSick,
    tags: name === '' ? {} : owned,
    launchedAt: LONG_AGO + (name === 'green' ? 1000 : 0),
  };
}

export function bystanders(): readonly Box[] {
  const common = { zone: 'a', state: 'running', image: 'ami-41', fit: true, launchedAt: LONG_AGO } as const;
  const other = { 'turnout:environment': 'other', 'turnout:fleet': 'blue', 'turnout:release': '41' };
  return [
    { ...common, id: 'i-other', tags: other },
    { ...common, id: 'i-hand', tags: {} },
  ];
}
