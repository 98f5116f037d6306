import type { GoalOf, Verb } from '../../src/domain/goal.ts';
import { PLAIN } from './worlds.ts';

const REQUESTED = { run: 'r1', who: 'ann@desk', since: '2026-01-01T10:00:00.000Z', fleet: 'f-42', release: '42' };
const MINIMUM = { 'shop-production': { total: 2, zones: { a: 2 } } };
const DELIVERY = { words: './deploy.sh', check: false, migrate: 'no' } as const;

/** One goal of each verb, as it is recorded: the compiler demands them. */
export const EVERY_GOAL: { readonly [V in Verb]: GoalOf<V> } = {
  adopt: { ...REQUESTED, verb: 'adopt', instances: ['i-1'] },
  up: { ...REQUESTED, verb: 'up', spec: { kind: 'ec2', summary: [], batches: [], request: {} } },
  promote: { ...REQUESTED, verb: 'promote', minimumHealthy: MINIMUM, settings: PLAIN },
  rollback: { ...REQUESTED, verb: 'rollback', minimumHealthy: MINIMUM, settings: PLAIN },
  cleanup: { ...REQUESTED, verb: 'cleanup', discard: false, wait: false, minimumHealthy: MINIMUM, settings: PLAIN },
  rolling: { ...REQUESTED, verb: 'rolling', batches: [['i-1']], force: false, delivery: DELIVERY },
  deploy: { ...REQUESTED, verb: 'deploy', instances: ['i-1'], delivery: DELIVERY },
  drain: { ...REQUESTED, verb: 'drain', instances: ['i-1'] },
  join: { ...REQUESTED, verb: 'join', instances: ['i-1'], check: false },
};
