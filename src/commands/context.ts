import { hostname, userInfo } from 'node:os';
import { noMfaCode, type Credentials, type MfaCode } from '../aws/credentials.ts';
import { Session, type SessionOptions } from '../aws/session.ts';
import { systemClock } from '../clock.ts';
import type { Config, PullDeployerConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { OperatorError } from '../errors.ts';
import { NO_FREEZE, type FreezePort } from '../freeze/freeze.ts';
import { openFleet } from '../fleets/index.ts';
import type { Delivery } from '../domain/goal.ts';
import type { Convergence } from '../domain/waves.ts';
import { approvalsIn } from '../record/approvals.ts';
import type { HeldLease } from '../record/lease.ts';
import type { Ports } from '../steps/ports.ts';
import { Decision } from '../run/engine/decision.ts';
import { openStore } from '../stores/index.ts';
import type { Lease, Store } from '../stores/store.ts';
import { unavailableStore } from '../stores/unavailable.ts';
import { nothingInPlace } from '../run/deploys/nothing-in-place.ts';
import { NO_SCHEMA, type WayBackPort } from '../way-back/way-back.ts';
import { NO_WORK, type WorkPort } from '../work-owner/work.ts';
import { NO_MARKER, type ProductionPort } from '../production/production.ts';
import { NO_GATES, type GatePort } from '../gates/gates.ts';
import { NO_CHECKS, type GreenPort } from '../production/green.ts';
import { openPreviews, openTraffic } from '../traffic/index.ts';
import { callersLease } from './callers-lease.ts';
import { alsoTelling, readersOf } from './ci.ts';
import { alsoNotifying } from './notify.ts';
import { programVariables } from './program-variables.ts';
import { readVersion } from './version.ts';
import { askText } from '../views/prompt.ts';
import { createView } from '../views/view.ts';
import type { RunEvent, View } from '../run/event.ts';
import { aboutConfig } from '../domain/shell.ts';
import type { Args } from './command.ts';

/** What every command on an environment works with. */
export interface Context {
  readonly config: Config;
  readonly store: Store;
  readonly ports: Ports;
  readonly session: Session;
  /** What the run has decided to change, on its last reading. */
  readonly decision: Decision;
  readonly view: View;
  readonly run: string;
  readonly who: string;
  /** From now on each change in AWS first checks this lease; before that, every change is refused. */
  guardBy(lease: HeldLease): void;
}

export function configOf(args: Args): Config {
  return loadConfig({ path: args['config'] as string | undefined, env: process.env, cwd: process.cwd() });
}

/** For commands that need nothing but the store, which is closed after `work`. */
export async function inStore<T>(
  args: Args,
  name: string,
  work: (store: Store, config: Config) => Promise<T>,
): Promise<T> {
  const config = configOf(args);
  const client = { run: name, version: readVersion(), mfaCode: mfaCodeOf(args) };
  const store = await openStore(config, systemClock, client);
  try {
    return await work(store, config);
  } finally {
    await store.close();
  }
}

type Variables = () => Readonly<Record<string, string>>;
type Taken = Pick<SessionOptions, 'instead' | 'dryRuns'>;

/**
 * Opens the environment that the command line names. Reads the config only, nothing from the network.
 * @param taken takes each change of AWS, which is then not made
 */
export async function openContext(args: Args, taken: Taken = {}): Promise<Context> {
  const config = configOf(args);
  const view = viewOf(args, config);
  const run = newRunId(systemClock.now(), Math.random());
  let guard: HeldLease | undefined;
  let throttled = false;
  const decision = new Decision(systemClock);
  const version = readVersion();
  const credentials: Credentials = {};
  const session = new Session({
    region: config.region,
    profile: config.profile,
    endpoint: config.endpoint,
    ...config.aws,
    version,
    run,
    clock: systemClock,
    credentials,
    mfaCode: mfaCodeOf(args),
    changes: 'once',
    ...taken,
    beforeChange: async () => beforeChange(),
    onChangeFailed: () => decision.failed(),
    fence: () => guard?.lease.fence,
    onThrottled: () => {
      if (!throttled) view.emit({ type: 'warning', message: 'AWS is throttling requests; continuing, more slowly.' });
      throttled = true;
    },
  });
  const client = { run, version, credentials, mfaCode: mfaCodeOf(args) };
  const store = await openStore(config, systemClock, client).catch(unavailable);
  const beforeChange = async (): Promise<void> => {
    if (guard === undefined) throw new Error('A change was requested without a lease.');
    await guard.check();
    decision.check();
  };
  const lease = (): Lease | undefined => guard?.lease;
  const who = whoAmI();
  const variables: Variables = programVariables({ config, run, who }, () => work.epoch(), lease);
  const work = await workOf(config, session, variables, beforeChange);
  const wayBack = await wayBackOf(config, session, variables);
  const opened = await openPorts(config, { session, store, view, variables }, lease);
  const ports = { ...opened, work, wayBack };
  return {
    config,
    store,
    ports,
    session,
    decision,
    view,
    run,
    who,
    guardBy: (held) => void (guard = held),
  };
}

async function openPorts(
  config: Config,
  { session, store, view, variables }: Pick<Context, 'session' | 'store' | 'view'> & { readonly variables: Variables },
  lease: () => Lease | undefined,
): Promise<Omit<Ports, 'work' | 'wayBack'>> {
  const owner = { environment: config.environment, tagPrefix: config.fleet.tagPrefix };
  const traffic = await openTraffic(config, session, owner);
  return {
    fleet: await openFleet(config, session),
    traffic,
    outside: traffic,
    preview: await openPreviews(config, session, owner),
    clock: session.clock,
    production: await openProduction(config),
    green: await openGreen(config),
    gates: await openGates(config, session, view, variables),
    freeze: await freezeOf(config, session),
    approvals: approvalsIn(store, config.approval ?? 'none', lease),
    inPlace: nothingInPlace(config, session.clock),
  };
}

/** Status, and what prints the way back, need none. */
function unavailable(error: unknown): Store {
  if (error instanceof OperatorError) return unavailableStore(error);
  throw error;
}

async function openProduction({ marker }: Config): Promise<ProductionPort> {
  return marker === undefined ? NO_MARKER : (await import('../production/index.ts')).createProduction(marker);
}

async function openGreen({ checks = [] }: Config): Promise<GreenPort> {
  return checks.length === 0 ? NO_CHECKS : (await import('../production/green-checks.ts')).createGreen(checks);
}

async function wayBackOf(
  { schema, hooks: { folder } }: Config,
  { clock }: Session,
  variables: Variables,
): Promise<WayBackPort> {
  if (schema === undefined) return NO_SCHEMA;
  const [{ openWayBack }, { createGuardian }] = await Promise.all([
    import('../way-back/command.ts'),
    import('../programs/guardian.ts'),
  ]);
  return openWayBack(schema, { clock, guardian: createGuardian(5000), folder, variables });
}

async function workOf(
  { owner, hooks }: Config,
  session: Session,
  variables: Variables,
  beforeChange: () => Promise<void>,
): Promise<WorkPort> {
  if (owner === undefined) return NO_WORK;
  const [{ openWork }, { createGuardian }] = await Promise.all([
    import('../work-owner/index.ts'),
    import('../programs/guardian.ts'),
  ]);
  const guardian = createGuardian(5000);
  return openWork(owner, session, { clock: session.clock, guardian, folder: hooks.folder, variables, beforeChange });
}

async function freezeOf({ freeze }: Config, session: Session): Promise<FreezePort> {
  if (freeze === undefined) return NO_FREEZE;
  const [{ openFreeze }, { Ssm }] = await Promise.all([import('../freeze/index.ts'), import('../aws/ssm.ts')]);
  return openFreeze(freeze, new Ssm(session), session.clock);
}

async function openGates(config: Config, session: Session, view: View, variables: Variables): Promise<GatePort> {
  const { gating, marker, environment } = config;
  if (gating.gates.length === 0 && gating.bakeMs === undefined) return NO_GATES;
  const [{ createGates }, { createGuardian }] = await Promise.all([
    import('../gates/index.ts'),
    import('../programs/guardian.ts'),
  ]);
  return createGates(gating, {
    environment,
    variables,
    ...(marker && { marker }),
    clock: session.clock,
    guardian: createGuardian(5000),
    cloudwatch: async () => new (await import('../aws/cloudwatch.ts')).CloudWatch(session),
    onOutput: (line) => view.emit({ type: 'output', line }),
  });
}

/** How code is delivered, according to the config; undefined when it does not say. */
export function deliveryOf({ deploy, migrate, instanceCheck }: Config, words = ''): Delivery | undefined {
  if (deploy === undefined) return undefined;
  const apart = migrate === 'with-deploy' ? 'with-deploy' : 'alone';
  return {
    words,
    check: instanceCheck !== undefined,
    migrate: migrate === undefined ? 'no' : apart,
    ...(deploy.kind === 'pull' && { movesPointer: true as const, converges: convergenceOf(deploy) }),
  };
}

function convergenceOf({ converge }: PullDeployerConfig): Convergence {
  const { pollMs, downloadMs, restartMs } = converge;
  return { pollS: pollMs / 1000, downloadS: downloadMs / 1000, restartS: restartMs / 1000 };
}

/** Asks on the terminal. */
function mfaCodeOf(args: Args): MfaCode | undefined {
  const { stdin, stdout } = process;
  if (args['json'] === true || !stdin.isTTY || !stdout.isTTY) return undefined;
  return async (serial) =>
    (await askText(`Code of the MFA device ${serial}:`, stdin, stdout).answer) || noMfaCode(serial);
}

function viewOf(args: Args, config: Config): View {
  const { stdout, stderr, stdin, env } = process;
  const mode = args['json'] === true ? 'json' : 'auto';
  const view = createView({ mode, stdout, stderr, stdin, env, clock: systemClock });
  const summary = args['summary'] as string | undefined;
  // A run that a program of another one starts is part of that one's ending.
  const readers = callersLease() === undefined ? readersOf(env, summary) : { summary };
  const told = { ...view, emit: alsoTelling(view, readers) };
  const whole =
    callersLease() === undefined
      ? alsoNotifying(told, config, systemClock, (message) => void stderr.write(`${message}\n`))
      : told;
  return { ...whole, emit: (event) => whole.emit(eventAbout(event, args['config'] as string | undefined)) };
}

/** What it advises is about the config that was named. */
export function eventAbout(event: RunEvent, file: string | undefined): RunEvent {
  if (file === undefined) return event;
  const about = (text: string): string => aboutConfig(text, file);
  if (event.type === 'planned') return { ...event, notes: event.notes.map(about) };
  if (!('message' in event)) return event;
  const message = about(event.message);
  return event.type === 'finished' ? { ...event, message, next: event.next.map(about) } : { ...event, message };
}

/** For example `261122-0612-k3f9`: sorts by time, and is short enough to read aloud. */
export function newRunId(now: number, random: number): string {
  const [date = '', time = ''] = new Date(now).toISOString().split('T');
  const suffix = Math.floor(random * 36 ** 4)
    .toString(36)
    .padStart(4, '0');
  return `${date.slice(2).replaceAll('-', '')}-${time.slice(0, 5).replace(':', '')}-${suffix}`;
}

export function whoAmI(): string {
  return process.env['TURNOUT_WHO'] || `${userInfo().username}@${hostname()}`;
}

/** For commands that need a confirmation. @throws OperatorError without one */
export async function mustConfirm(view: View, args: Args, question: string): Promise<void> {
  if (args['yes'] === true || (await view.confirm(question))) return;
  throw new OperatorError('not-confirmed', 'Not confirmed; nothing was changed.', {
    next: ['Add --yes where it cannot ask.'],
  });
}
