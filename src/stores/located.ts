import { locationText, type Location } from '../domain/location.ts';
import { OperatorError } from '../errors.ts';
import type { Store } from './store.ts';

/**
 * One store may keep environments of one name in several regions and accounts. The records of the first location have the name as
 * their key, as they had before locations were recorded; those of another one have the location in it.
 */

/** What is known of the location before anything of AWS is read. */
export type KnownLocation = Partial<Pick<Location, 'account' | 'region'>>;

/** The facts of a location, which are recorded once. */
const FACTS = ['region', 'account'] as const;

/** @param open opens the records with that key; throws where the store cannot be opened */
export async function openLocated(
  environment: string,
  known: KnownLocation,
  open: (key: string) => Promise<Store>,
): Promise<Store> {
  const first = await open(environment);
  const opened = new Map([[environment, first]]);
  let ours: Store | undefined;
  const find = async (): Promise<Store> => {
    if (ours !== undefined) return ours;
    for (const key of keysOf(environment, known)) {
      const store = opened.get(key) ?? (await open(key));
      opened.set(key, store);
      const recorded = await recordedIn(store);
      if (contradicts(recorded, known)) continue;
      if (recorded.region !== undefined) ours = store;
      return store;
    }
    // Without a region there is one key.
    return first;
  };
  return {
    ...storeBehind(find),
    kind: first.kind,
    place: first.place,
    // The mark of a fleet is about the whole store, which has one set of records for a location.
    id: async () => first.id(),
    close: async () => {
      await Promise.all([...opened.values()].map(async (store) => store.close()));
    },
  };
}

function keysOf(environment: string, { region, account }: KnownLocation): readonly string[] {
  if (region === undefined) return [environment];
  const inRegion = `${environment}@${region}`;
  return [environment, inRegion, ...(account === undefined ? [] : [`${inRegion}@${account}`])];
}

async function recordedIn(store: Store): Promise<KnownLocation> {
  const [region, account] = await Promise.all(FACTS.map(async (fact) => store.fact(fact)));
  return { ...(region !== undefined && { region }), ...(account !== undefined && { account }) };
}

function contradicts(one: KnownLocation, other: KnownLocation): boolean {
  return FACTS.some((fact) => one[fact] !== undefined && other[fact] !== undefined && one[fact] !== other[fact]);
}

/**
 * Checks that the records are of the location that AWS's answers show.
 * @param mode `record`: what is not recorded yet is, which needs the lease
 * @throws OperatorError `other-location`
 */
export async function checkLocation(store: Store, location: Location, mode: 'read' | 'record'): Promise<void> {
  if (contradicts(await recordedIn(store), location)) throw await otherLocation(store, location);
  if (mode === 'read') return;
  for (const fact of FACTS)
    if ((await store.fact(fact, location[fact])) !== location[fact]) throw await otherLocation(store, location);
}

async function otherLocation(store: Store, location: Location): Promise<OperatorError> {
  const { account = 'unknown', region = 'unknown' } = await recordedIn(store);
  const message = `The records in ${store.place} are of ${locationText({ account, region })}; the answers come from ${locationText(location)}.`;
  return new OperatorError('other-location', message, {
    next: [
      `If ${locationText({ account, region })} is meant: check AWS_PROFILE, AWS_REGION and AWS_ENDPOINT_URL of this shell, and \`region\` in the config.`,
      `If not: set \`account: '${location.account}'\` and \`region: ${location.region}\` in the config; this store then keeps records of its own for it.`,
    ],
  });
}

/** Whatever is asked of it is asked of the store that `get` returns. */
export function storeBehind(get: () => Promise<Store>): Omit<Store, 'kind' | 'place' | 'close'> {
  return {
    id: async () => (await get()).id(),
    fact: async (...args) => (await get()).fact(...args),
    acquire: async (...args) => (await get()).acquire(...args),
    dequeue: async (...args) => (await get()).dequeue(...args),
    queue: async () => (await get()).queue(),
    takeOver: async (...args) => (await get()).takeOver(...args),
    renew: async (...args) => (await get()).renew(...args),
    release: async (...args) => (await get()).release(...args),
    held: async () => (await get()).held(),
    goal: async () => (await get()).goal(),
    putGoal: async (...args) => (await get()).putGoal(...args),
    clearGoal: async (...args) => (await get()).clearGoal(...args),
    approval: async () => (await get()).approval(),
    putApproval: async (...args) => (await get()).putApproval(...args),
    decideApproval: async (...args) => (await get()).decideApproval(...args),
    log: async (...args) => (await get()).log(...args),
    history: async (...args) => (await get()).history(...args),
  };
}
