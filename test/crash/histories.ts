import * as fc from 'fast-check';
import { defined } from '../../src/domain/defined.ts';
import type { AnyOptions } from '../../tasks/index.ts';
import { LIVED } from '../support/little/kinds.ts';
import { GROUP_HAPPENINGS, type GroupHappening } from '../support/little/scaling-happens.ts';
import type { Calls } from '../support/little/process.ts';
import type { Outsiders } from '../support/little/outsiders.ts';
import { STARTS, type Scene } from '../support/little/scene.ts';
import type { Ask, Desk } from '../support/little/site.ts';
import { STORE_FAULTS } from '../support/little/store.ts';
import { FAULTS } from '../support/little/wire.ts';

/** What happens in random worlds. */

/** What an operator types, and what becomes of that process. */
export interface Act {
  /** Milliseconds after the one before. */
  readonly afterMs: number;
  readonly ask: Ask;
  readonly wish: AnyOptions;
  readonly calls: Calls;
}

/** Somebody at a machine, whose clock may be off, with a store. */
export interface Operator extends Desk {
  readonly acts: readonly Act[];
}

/** By itself, and by the hand of an operator who uses AWS's console. */
export const HAPPENINGS = [
  'dies',
  'gets sick',
  'gets well',
  'throttling',
  'stale readings',
  'is registered by hand',
  'is deregistered by hand',
  'loses its tags by hand',
  'weights are set by hand',
  'an unmanaged server joins by hand',
  'another port joins by hand',
  'another group takes it by hand',
  'another group loses a server of its own by hand',
  'nothing leads to another group by hand',
  'another rule leads here by hand',
  'an owner takes it by hand',
  'another environment takes it by hand',
] as const;

/** What happens without any run's doing: at a time, or as the n-th request of all processes leaves. */
export interface Happening {
  readonly at: { readonly ms: number } | { readonly request: number };
  readonly what: (typeof HAPPENINGS)[number] | GroupHappening;
  /** Which instance, counted over those of ours that live. */
  readonly who: number;
  readonly forMs: number;
}

/** A little world, its operators, and what happens to them. */
export interface History {
  /** Which kind of fleet and of traffic, counted over those there are. */
  readonly kind: number;
  readonly scene: Scene;
  readonly seesDeath: boolean;
  /** How old readings always are. */
  readonly lagMs: number;
  readonly operators: readonly Operator[];
  readonly happenings: readonly Happening[];
}

const SOON = [0, 100, 1000, 3000, 8000, 20_000, 70_000];
const MINUTE_MS = 60_000;
/** How far a machine's clock is ahead: most tell the time. */
const CLOCKS_OFF_MS = [0, 0, 0, MINUTE_MS, -MINUTE_MS, 7 * MINUTE_MS, -7 * MINUTE_MS, 60 * MINUTE_MS, -60 * MINUTE_MS];

const place = fc.integer({ min: 1, max: 110 });

const calls: fc.Arbitrary<Calls> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Calls>({}) },
  fc.record({
    kill: fc.record({ n: place, when: fc.constantFrom('before' as const, 'after' as const, 'late' as const) }),
  }),
  fc.record({ pause: fc.record({ n: place, ms: fc.constantFrom(2800, 5000, 50_000, 70_000, 300_000) }) }),
  fc.record({ interrupt: fc.record({ n: place }) }),
  fc.record({ fault: fc.record({ n: place, kind: fc.constantFrom<string>(...FAULTS, ...STORE_FAULTS) }) }),
);

const asked: fc.Arbitrary<Pick<Act, 'ask' | 'wish'>> = fc.oneof(
  fc.record({
    ask: fc.constant('up' as const),
    wish: fc.record({ release: fc.constantFrom('42', '43', '44-sick') }),
  }),
  {
    weight: 3,
    arbitrary: fc.record({ ask: fc.constantFrom('promote' as const, 'rollback' as const), wish: fc.constant({}) }),
  },
  fc.record({ ask: fc.constant('cleanup' as const), wish: fc.record({ wait: fc.boolean(), discard: fc.boolean() }) }),
  fc.record({ ask: fc.constantFrom('resume' as const, 'abandon' as const, 'unlock' as const), wish: fc.constant({}) }),
  fc.record({ ask: fc.constant('adopt' as const), wish: fc.constant({ release: '41' }) }),
);

/** Now and then what is asked for takes the environment over from another store. */
const act: fc.Arbitrary<Act> = fc
  .tuple(fc.constantFrom(...SOON), asked, calls, fc.nat({ max: 5 }))
  .map(([afterMs, { ask, wish }, plan, luck]) => {
    const isTask = !['resume', 'abandon', 'unlock'].includes(ask);
    return { afterMs, ask, wish: isTask && luck === 0 ? { ...wish, takeOver: true } : wish, calls: plan };
  });

const operator: fc.Arbitrary<Operator> = fc.record({
  acts: fc.array(act, { minLength: 1, maxLength: 4 }),
  clockOffMs: fc.constantFrom(...CLOCKS_OFF_MS),
  store: fc.constantFrom(0, 0, 0, 0, 0, 1),
});

const happeningOf = (all: readonly Happening['what'][]): fc.Arbitrary<Happening> =>
  fc.record({
    at: fc.oneof(
      fc.record({ ms: fc.integer({ min: 0, max: 60_000 }) }),
      fc.record({ request: fc.integer({ min: 1, max: 200 }) }),
    ),
    what: fc.constantFrom(...all),
    who: fc.nat({ max: 7 }),
    forMs: fc.constantFrom(1000, 10_000, 30_000),
  });

const sometimes = <T>(arbitrary: fc.Arbitrary<T>, freq: number): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq });

/** What makes most verbs refuse is rare. */
const outsiders: fc.Arbitrary<Outsiders> = fc
  .record({
    holds: fc.subarray(['blue', 'green', 'others'] as const),
    by: fc.constantFrom('listener', 'rule', 'nothing'),
    leads: sometimes(fc.nat({ max: 2 }), 1),
    owned: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, fc.constantFrom('blue', 'green')),
    ofCluster: fc.nat({ max: 9 }).map((n) => n === 9),
    ports: fc.boolean(),
    unmanaged: fc.nat({ max: 9 }).map((n) => n === 9),
  })
  .map(({ leads, owned, ...rest }) => ({ ...rest, ...defined({ leads, owned }) }));

const parts = {
  scene: fc
    .record({
      start: fc.constantFrom(...STARTS),
      groups: fc.integer({ min: 1, max: 2 }),
      size: fc.integer({ min: 1, max: 4 }),
      sick: fc.boolean(),
      draining: fc.boolean(),
      outsiders: fc.option(outsiders, { nil: undefined, freq: 2 }),
    })
    .map(({ outsiders: others, ...rest }) => ({ ...rest, ...defined({ outsiders: others }) })),
  seesDeath: fc.boolean(),
  lagMs: fc.constantFrom(0, 0, 300, 2000),
  operators: fc.array(operator, { minLength: 1, maxLength: 2 }),
  happenings: fc.array(happeningOf(HAPPENINGS), { maxLength: 4 }),
};

/** In the worlds of one kind of fleet, or of any. Auto Scaling groups change by themselves all the time. */
export function historiesOf(fleet?: string): fc.Arbitrary<History> {
  const kinds = LIVED.flatMap((kind, index) => (fleet === undefined || kind.fleet === fleet ? [index] : []));
  return fc
    .record({
      ...parts,
      kind: fc.constantFrom(...kinds),
      toGroups: fc.array(happeningOf(GROUP_HAPPENINGS), { maxLength: 4 }),
    })
    .map(({ toGroups, happenings, ...rest }) => {
      const isScaled = LIVED[rest.kind]?.fleet === 'auto-scaling';
      return { ...rest, happenings: isScaled ? [...happenings, ...toGroups] : happenings };
    });
}
