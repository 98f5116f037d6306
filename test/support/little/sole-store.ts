import type { Verb } from '../../../src/domain/goal.ts';
import { readStoreMark, type StoreMark } from '../../../src/domain/store-mark.ts';
import type { RecordedGoal } from '../../../src/stores/store.ts';
import type { Request, TargetsInput } from './api.ts';
import { asTargets } from './scaling-rules.ts';
import type { LittleProcess } from './process.ts';
import { groupNamed, isEnding, isOwned } from './rules.ts';
import { marksOn } from './scaling.ts';
import { living, production, type State } from './state.ts';
import type { LittleStore } from './store.ts';
import { givenShare } from './ways.ts';

/** Of two of these what was healthy before the first of them counts. */
const MOVERS: ReadonlySet<string | undefined> = new Set<Verb>(['promote', 'rollback']);

/** A run may act on what it has seen this long ago: whose store has just taken over takes nothing away until then. */
const UNNOTICED_MS = 10_000;

/**
 * Rule 3 where there are several stores, each with a lease: once runs of one of them have changed production, those of
 * another change nothing of it until the newest tag of the fleets names theirs. Those that cannot have seen a new tag yet may.
 */
export class SoleStore {
  readonly stores: readonly LittleStore[];
  #last: LittleStore | undefined;

  constructor(stores: readonly LittleStore[]) {
    this.stores = stores;
  }

  /** A goal that its store has recorded, of that verb, or of another one that moves production where this one does. */
  goalLike(process: LittleProcess, verb: Verb | undefined): RecordedGoal | undefined {
    const isLike = ({ goal }: RecordedGoal): boolean =>
      goal.verb === verb || (MOVERS.has(goal.verb) && MOVERS.has(verb));
    const known = this.stores.filter((one) => one.serves(process));
    return known.flatMap(({ goal }) => goal ?? []).find(isLike);
  }

  /** What is wrong with a change that is being sent. @param now milliseconds since the epoch */
  wrongWith(process: LittleProcess, request: Request, state: State, now: number): readonly string[] {
    const store = this.stores.find((one) => one.serves(process));
    if (store === undefined || !isGrave(state, request)) return [];
    const before = this.#last;
    this.#last = store;
    const keeper = keeperIn(state);
    const mayAct = keeper?.id === store.id || (keeper !== undefined && now - keeper.at < UNNOTICED_MS);
    return before === undefined || before === store || mayAct ? [] : [`was sent while ${before.id} keeps production`];
  }
}

function isGrave(state: State, sent: Request): boolean {
  const request = asTargets(state, sent);
  const { operation, input } = request;
  if (operation === 'RegisterTargets' || operation === 'DeregisterTargets')
    return production(state).includes(groupNamed(state, (input as unknown as TargetsInput).TargetGroupArn));
  return isEnding(request) || givenShare(state, request, state).length > 0;
}

/** What instances of ours name: the newest mark counts, since one that comes to life later has an old one. */
function keeperIn(state: State): StoreMark | undefined {
  const marks = living(state)
    .filter(isOwned)
    .flatMap((box) => marksOn(state, box)['turnout:store'] ?? []);
  const newest = marks.toSorted().at(-1);
  return newest === undefined ? undefined : readStoreMark(newest);
}
