import { dnsOf } from '../domain/routes.ts';
import { NOTHING } from '../observe/reads.ts';
import type { StepDefinition } from './definition.ts';
import { WAITS_QUIETLY } from './presets.ts';
import { changeDns } from './dns.ts';
import { forRoute53, limit } from './timing.ts';

/** Wait until all name servers have the change of names by which the pool was given its share. */
export interface AwaitInsync {
  readonly do: 'await-insync';
  readonly pool: string;
  readonly fleet: string;
}

/** "Generally within 60 seconds" (Route 53 API, GetChange). */
const SYNC_S = 60;

export const awaitInsync: StepDefinition<AwaitInsync> = () => ({
  ...WAITS_QUIETLY,
  title: () => 'wait until all name servers have the change',
  instances: () => [],
  estimateS: () => SYNC_S,
  count: (snapshot) => ({ have: dnsOf(snapshot).pending ? 0 : 1, want: 1, word: 'in sync', waiting: [] }),
  progress: (snapshot) => (dnsOf(snapshot).pending ? 'under way' : 'done'),
  readsToPoll: () => ({ ...NOTHING, follow: true }),
  timeLimitMs: limit('dnsMs'),
  pollEveryMs: forRoute53,
  simulate: (snapshot) => changeDns(snapshot, { pending: false }),
});
