import { dnsOf } from '../domain/routes.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { duration } from '../domain/text.ts';
import { NOTHING, type Reads } from '../observe/reads.ts';
import { never, type StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';
import { changeDns } from './dns.ts';

/** Give DNS names their low TTL for the switch to the fleet, or their usual one after it; one request a zone. */
export interface SetTtl {
  readonly do: 'set-ttl';
  readonly fleet: string;
  readonly to: 'low' | 'usual';
  /** Seconds by name, for the records that have a TTL of their own. */
  readonly ttls: Readonly<Record<string, number>>;
  /** The longest that resolvers keep an answer with the low TTLs, and with the usual ones. */
  readonly lowS: number;
  readonly usualS: number;
}

const ROUTES: Reads = { ...NOTHING, routes: true };

export const setTtl: StepDefinition<SetTtl> = (step) => ({
  ...REQUEST,
  title: () => {
    const usual = duration(step.usualS);
    if (step.to === 'usual') return `set the TTL of names back to ${usual}`;
    return `lower the TTL of names, so that resolvers keep answers for ${duration(step.lowS)} and not for ${usual}`;
  },
  instances: () => [],
  progress: (snapshot) => (openTtls(snapshot, step).size === 0 ? 'done' : 'todo'),
  guard: never,
  readsBefore: () => ROUTES,
  readsToPoll: () => ROUTES,
  effect: () => 'records',
  apply: async ({ traffic }, snapshot) => traffic.setTtls(openTtls(snapshot, step)),
  simulate: (snapshot) => {
    const ttls = Object.entries(dnsOf(snapshot).ttls).map(([name, { own, fixedS }]) => {
      return [name, { own: own.map((seconds) => step.ttls[name] ?? seconds), fixedS }] as const;
    });
    return changeDns(snapshot, { ttls: Object.fromEntries(ttls), pending: true });
  },
});

/** The names that do not have their TTL yet, with it in seconds. A TTL below the low one is as good. */
function openTtls(snapshot: Snapshot, { to, ttls: wanted }: SetTtl): ReadonlyMap<string, number> {
  const { ttls } = dnsOf(snapshot);
  const isThere = (seen: number, seconds: number): boolean => (to === 'low' ? seen <= seconds : seen === seconds);
  const open = Object.entries(wanted).filter(([name, seconds]) =>
    ttls[name]?.own.some((seen) => !isThere(seen, seconds)),
  );
  return new Map(open);
}
