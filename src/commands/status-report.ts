import { tasks } from '../../tasks/index.ts';
import type { Approval } from '../domain/approval.ts';
import { OperatorError } from '../errors.ts';
import { defined } from '../domain/defined.ts';
import { fetchedReleases, withReleases } from '../domain/following.ts';
import { locationOf, type Location } from '../domain/location.ts';
import { keptBy, otherStore } from '../domain/store-mark.ts';
import { movedSince, type ProductionRecord } from '../domain/production-record.ts';
import { JOURNAL_LOOK, lastProduction } from '../run/task/last-production.ts';
import { observe, refresh, withUrls } from '../observe/observe.ts';
import { NOTHING } from '../observe/reads.ts';
import { unreadableIn } from '../domain/queries.ts';
import { unreadableText } from '../domain/unreadable.ts';
import { choices } from '../run/task/resolve-goal.ts';
import { switchSettings } from '../steps/ports.ts';
import { rollbackNow, verbsNow } from '../run/task/verbs.ts';
import { checkLocation } from '../stores/located.ts';
import type { Store, UnreadableGoal } from '../stores/store.ts';
import type { StatusReport } from '../views/status.ts';
import { rememberOutside, type OutsideMemory } from './outside-memory.ts';
import { deliveryOf, type Context } from './context.ts';
import { readPull } from './pull-status.ts';

/** What is so in an environment, as far as it could be read. */
export async function statusReport(
  context: Context,
  memory: OutsideMemory = rememberOutside(context.ports.clock),
): Promise<StatusReport> {
  const { config, ports, session, store, who } = context;
  const reading = readWorld(context, memory);
  const where = reading.then(({ snapshot: { pools } }) => locationOf({ pools }, session.connection.endpoint));
  const [{ snapshot, unreadable, pull }, record, location] = await Promise.all([
    reading,
    recordIn(store, where),
    where,
  ]);
  const { id, unknown, lastProduction: before, ...known } = record;
  const world = {
    tasks,
    snapshot,
    recorded: unknown ?? known.goal,
    lastProduction: before,
    settings: switchSettings(ports),
    delivery: deliveryOf(config),
    fleetCount: config.fleet.count,
    store: { id: id ?? '', words: `${store.place} by ${who}` },
  };
  const { trouble } = known;
  const other = id === undefined ? undefined : otherStore(snapshot, id);
  const verbs = trouble === undefined ? await verbsNow(world) : [];
  const rollback = trouble === undefined ? await rollbackNow(world) : { ready: false as const, why: trouble };
  return {
    environment: config.environment,
    snapshot,
    verbs,
    rollback,
    outsideAgeS: memory.ageS(),
    unreadable: [...unreadable, ...(unknown ? [unknown.unreadable] : [])],
    ...known,
    // Until a run has ended, production is what that makes of it.
    ...defined({ location, pull, movedByOthers: known.lease ? undefined : movedSince(snapshot, before) }),
    ...(other && { otherStore: keptBy(other, snapshot.at) }),
  };
}

/** What is worth knowing beside production does not keep the rest from being shown. */
async function readWorld(
  context: Context,
  memory: OutsideMemory,
): Promise<Pick<StatusReport, 'snapshot' | 'unreadable' | 'pull'>> {
  const { ports } = context;
  const extras: string[] = [];
  const without = <T>(read: Promise<T>, instead: () => Promise<T>): Promise<T> =>
    read.catch(async (error: unknown) => {
      const value = await instead();
      if (!(error instanceof OperatorError)) throw error;
      extras.push(error.message);
      return value;
    });
  const outside = memory.wanted();
  const world = without(observe(ports, { residual: true, outside }), async () => observe(ports));
  const urls = async () => without(ports.traffic.urls(), async () => ({}));
  const shown = await withUrls({ urls }, world);
  const { wayBack } = tasks.rollback.readsAlso(shown, switchSettings(ports));
  const beside = { ...NOTHING, freeze: true, work: 'owner', preview: true, ...defined({ wayBack }) } as const;
  const { pull, ...said } = await memory.beside(async () => {
    const [seen, releases] = await Promise.all([refresh(ports, shown, beside), readPull(context, shown)]);
    return defined({
      freeze: seen.freeze,
      work: seen.work,
      preview: seen.preview,
      wayBack: seen.wayBack,
      pull: releases,
    });
  });
  const isRead = pull !== undefined && !(pull instanceof OperatorError);
  if (pull instanceof OperatorError) extras.push(pull.message);
  const snapshot = { ...withReleases(shown, isRead ? fetchedReleases(shown, pull) : {}), ...said };
  memory.saw(snapshot.outside);
  const unreadable = [...unreadableIn(snapshot).map(unreadableText), ...extras];
  return { snapshot, unreadable, ...(isRead && { pull }) };
}

interface Recorded extends Pick<
  StatusReport,
  'lease' | 'goal' | 'approval' | 'choices' | 'last' | 'moved' | 'trouble'
> {
  readonly id?: string;
  readonly unknown?: UnreadableGoal;
  readonly lastProduction?: ProductionRecord;
}

/** Without the store, `status` still shows what AWS says. */
async function recordIn(store: Store, where: Promise<Location | undefined>): Promise<Recorded> {
  const location = await where;
  try {
    if (location !== undefined) await checkLocation(store, location, 'read');
    const [lease, goal, journal, id, asked] = await Promise.all([
      store.held(),
      store.goal(),
      store.history(JOURNAL_LOOK),
      store.id(),
      store.approval(),
    ]);
    const [last] = journal;
    const moving: ReadonlySet<string> = new Set(
      Object.values(tasks).flatMap((task) => (task.movesProduction ? task.verb : [])),
    );
    const moved = journal.find(({ verb }) => moving.has(verb));
    return {
      id,
      ...(lease && { lease }),
      ...(goal && ('goal' in goal ? { goal, choices: choices(tasks[goal.goal.verb]) } : { unknown: goal })),
      ...(last && { last }),
      ...(moved && { moved }),
      ...defined({ lastProduction: lastProduction(tasks, journal), approval: waiting(asked, goal) }),
    };
  } catch (error) {
    if (error instanceof OperatorError) return { trouble: [error.message, ...error.next].join(' ') };
    throw error;
  }
}

/** Of a run that is over, it is waited for no longer. */
function waiting(approval: Approval | undefined, goal: Awaited<ReturnType<Store['goal']>>): Approval | undefined {
  const isOpen = goal !== undefined && 'goal' in goal && goal.goal.run === approval?.run;
  return isOpen && approval?.spent !== true ? approval : undefined;
}
