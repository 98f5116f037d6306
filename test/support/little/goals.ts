import type { Verb } from '../../../src/domain/goal.ts';
import { living, production, testing, type Box, type State } from './state.ts';
import { fleetOf } from './rules.ts';
import { isForgotten } from './scaling-state.ts';
import { marksOn } from './scaling.ts';

/** What is true once a task has reached its goal; each says what is missing, or nothing. */

type Missing = string | undefined;

function releaseOf(box: Box | undefined): string {
  return box?.tags['turnout:release'] ?? '?';
}

/** Instances of ours that exist, of that release. */
function carrying(state: State, release: string): readonly Box[] {
  return living(state).filter((box) => fleetOf(box) !== undefined && releaseOf(box) === release);
}

/** Releases that are registered with production, in any group. */
export function serving(state: State): readonly string[] {
  const registered = production(state).flatMap((group) =>
    [...group.members.values()].filter(({ id, health }) => health !== 'draining' && !isForgotten(state, id)),
  );
  return [...new Set(registered.map(({ id }) => releaseOf(state.boxes.get(id))))];
}

/** That release alone serves production, with everybody in it who can. */
export function servesAlone(state: State, release: string): Missing {
  const now = serving(state);
  if (production(state).length > 1 && state.ways !== undefined) return 'production is divided';
  if (now.length !== 1 || now[0] !== release)
    return `production is served by ${now.join(' and ') || 'nothing'}, not ${release}`;
  const fit = carrying(state, release).filter((box) => box.fit && box.state === 'running');
  for (const group of production(state)) {
    const sick = fit.find((box) => group.members.get(box.id)?.health !== 'healthy');
    if (sick !== undefined)
      return `${sick.id} of ${release} is ${group.members.get(sick.id)?.health ?? 'not'} in ${group.name}`;
  }
  return undefined;
}

function testHealth(state: State, { id }: Box): string | undefined {
  return testing(state)[0]?.members.get(id)?.health;
}

function inTest(state: State, release: string, isWanted: boolean): Missing {
  const wrong = carrying(state, release).find((box) => {
    const health = testHealth(state, box);
    return (health !== undefined && health !== 'draining') !== isWanted;
  });
  return wrong && `${wrong.id} of ${release} is ${isWanted ? 'not ' : ''}in the test group`;
}

function switched(state: State, to: string, from: string): Missing {
  return servesAlone(state, to) ?? inTest(state, from, true) ?? inTest(state, to, false);
}

/** The fleets of ours that still exist. */
function fleets(state: State): readonly string[] {
  return [...new Set(living(state).flatMap((box) => fleetOf(box) ?? []))];
}

function onlyFleet(state: State, release: string): Missing {
  const all = fleets(state);
  if (all.length !== 1) return `there are ${all.length} fleets: ${all.join(', ')}`;
  return servesAlone(state, release);
}

function brought(state: State, release: string): Missing {
  const boxes = carrying(state, release);
  const size = carrying(state, '41').length;
  if (boxes.length !== size) return `${boxes.length} instances of ${release}, not ${size}`;
  const sick = boxes.find((box) => box.state !== 'running' || testHealth(state, box) !== 'healthy');
  return sick ? `${sick.id} is ${testHealth(state, sick) ?? 'not'} in the test group` : servesAlone(state, '41');
}

/** What the scenes' tasks are for: 41 is what production has, 42 the new one. */
export const REACHED: Readonly<Record<Verb, (state: State) => Missing>> = {
  adopt: (state) => {
    const untagged = production(state).flatMap((group) =>
      [...group.members.keys()].filter((id) => {
        const box = state.boxes.get(id);
        return box === undefined || marksOn(state, box)['turnout:current'] === undefined;
      }),
    );
    return untagged.length > 0 ? `${untagged.join()} not tagged` : undefined;
  },
  up: (state) => brought(state, '42'),
  promote: (state) => switched(state, '42', '41'),
  rollback: (state) => switched(state, '41', '42'),
  cleanup: (state) => onlyFleet(state, serving(state)[0] ?? '?'),
  rolling: () => undefined,
  deploy: () => undefined,
  drain: () => undefined,
  join: () => undefined,
};
