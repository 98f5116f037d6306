import { aboutConfig } from '../domain/shell.ts';
import { systemClock } from '../clock.ts';
import type { DryRun } from '../aws/dry-run.ts';
import { isRefusal, type LaunchSpec } from '../domain/goal.ts';
import { locationOf } from '../domain/location.ts';
import { members, servingFleets } from '../domain/roles.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { attempt, ExitCode, OperatorError } from '../errors.ts';
import { observe, refresh } from '../observe/observe.ts';
import { NOTHING } from '../observe/reads.ts';
import { about, hasFailures, inOrder, type Finding, type Topic } from '../run/doctor/finding.ts';
import { launchFindings, nextFleet } from '../run/doctor/launch.ts';
import {
  configFindings,
  credentialsFindings,
  freezeFindings,
  gateFindings,
  markerFindings,
  notifyFindings,
  programFindings,
} from '../run/doctor/machine.ts';
import { permissionFindings } from '../run/doctor/permissions.ts';
import { gateReads } from '../plan/gates.ts';
import { onceAdopted, worldFindings } from '../run/doctor/world.ts';
import { switchSettings } from '../steps/ports.ts';
import { groupDifferences } from '../traffic/index.ts';
import { doctorData, doctorText } from '../views/doctor.ts';
import { jsonLine } from '../views/json.ts';
import type { Args } from './command.ts';
import { openContext, type Context } from './context.ts';
import {
  deploysChecked,
  missingSecrets,
  pullChecked,
  programsOf,
  simulatedChanges,
  storeChecked,
  type StoreChecked,
} from './doctor-probes.ts';
import { layout, print } from './print.ts';
import { reachChecked } from './reach-probe.ts';

/** Says at once what tasks would refuse later. Changes nothing in AWS, and in the store nothing that stays. */
export async function doctor(args: Args, release?: string): Promise<ExitCode> {
  const asked: DryRun[] = [];
  const context = await openContext(args, { dryRuns: (result) => void asked.push(result) });
  try {
    const { ports } = context;
    const world = async () => refresh(ports, await observe(ports, { outside: 'some' }), { ...NOTHING, preview: true });
    const seen = await attempt(world());
    const location = seen instanceof OperatorError ? undefined : locationOf(seen, context.session.connection.endpoint);
    const store = await storeChecked(context, seen instanceof OperatorError ? undefined : seen);
    const examined =
      seen instanceof OperatorError ? notRead(seen) : await inWorld(context, seen, store, release, asked);
    const checked = inOrder([
      ...credentialsFindings({
        now: context.ports.clock.now(),
        connection: context.session.connection,
        aheadMs: systemClock.now() - context.ports.clock.now(),
        seconds: examined.seconds,
      }),
      ...configFindings(context.config, location),
      ...store.findings,
      ...examined.findings,
      ...programFindings(await programsOf(context.config)),
      ...notifyFindings(context.config.notify?.length ?? 0, missingSecrets(context.config)),
    ]);
    const file = args['config'] as string | undefined;
    const findings = file === undefined ? checked : checked.map((one) => findingAbout(one, file));
    const report = { environment: context.config.environment, location, findings };
    const { width, colour } = layout();
    await print(
      args['json'] === true
        ? jsonLine(doctorData(report), context.ports.clock.now())
        : doctorText(report, width, colour),
    );
    return hasFailures(findings) ? ExitCode.refused : ExitCode.done;
  } finally {
    await context.store.close();
  }
}

function findingAbout({ says, next, ...rest }: Finding, file: string): Finding {
  return { ...rest, says: aboutConfig(says, file), next: next.map((text) => aboutConfig(text, file)) };
}

interface Examined {
  readonly findings: readonly Finding[];
  /** How long `up` would take. */
  readonly seconds: number;
}

/** Where an error of a first reading belongs. */
const TOPIC_OF: Readonly<Record<string, Topic>> = {
  'no-credentials': 'credentials',
  'bad-credentials': 'credentials',
  'unknown-profile': 'credentials',
  'mfa-code': 'credentials',
  'no-region': 'credentials',
  'other-account': 'credentials',
  unreachable: 'credentials',
  'access-denied': 'permissions',
};

function notRead(error: OperatorError): Examined {
  const rest = about('fleets').notChecked('Nothing that AWS has to be read for.', 'Fix the failure first.');
  return { findings: [about(TOPIC_OF[error.code] ?? 'target groups').failed(error), rest], seconds: 0 };
}

async function inWorld(
  context: Context,
  snapshot: Snapshot,
  { lastProduction }: StoreChecked,
  release: string | undefined,
  asked: readonly DryRun[],
): Promise<Examined> {
  const { config, ports, session } = context;
  const fleetCount = config.fleet.count;
  const differences = await attempt(groupDifferences(config, session));
  const shown = { snapshot, fleetCount, lastProduction, traffic: ports.traffic.settings };
  const [unread, texts] = differences instanceof OperatorError ? [[differences], []] : [[], differences];
  const answers = await ports.production.ask();
  const serving = servingFleets(snapshot).map((fleet) => fleet.release);
  const findings = [
    ...unread.map((error) => about('target groups').failed(error)),
    ...worldFindings({ ...shown, differences: texts }),
    ...freezeFindings(await ports.freeze.read()),
    ...markerFindings(ports.production.verification, answers, serving),
    ...(await gatesChecked(context)),
    ...(await reachChecked(context, snapshot)),
  ];
  const world = onceAdopted(snapshot);
  if (isRefusal(world)) return { findings: [...findings, ...permissionFindings(config, asked, false)], seconds: 0 };
  const { blue, zones } = nextFleet(world, fleetCount);
  const isOwn = servingFleets(snapshot).some(({ id }) => id === blue.id);
  const isNext = isOwn || ports.fleet.kind !== 'auto-scaling';
  const spec = release && isNext ? await attempt(ports.fleet.resolve({ release, zones, blue })) : undefined;
  await tryChanges(context, blue, isOwn, release, spec);
  const later = isNext ? undefined : ('adopt-first' as const);
  const named = release === undefined || spec === undefined ? later : { release, spec };
  const addresses = await addressesFor(context, spec);
  const launch = await launchFindings({ world, settings: switchSettings(ports), fleetCount, named, addresses });
  const deploys = await deploysChecked(context, world, release ?? blue.release);
  const pulled = await pullChecked(context, world);
  const simulated = await attempt(simulatedChanges(context, snapshot, asked));
  const permissions = permissionFindings(config, asked, isOwn, simulated);
  return {
    findings: [...findings, ...launch.findings, ...permissions, ...deploys, ...pulled],
    seconds: launch.seconds,
  };
}

async function gatesChecked({ ports: { gates } }: Context): Promise<readonly Finding[]> {
  const { alarms: names = [] } = gateReads({ gating: gates.gating });
  return gateFindings(gates.gating.gates, names.length === 0 ? [] : await attempt(gates.alarms(names)));
}

/** The very requests that tasks send, as dry runs: what is known of them is in the results of the session. */
async function tryChanges(
  { ports: { fleet }, run, config }: Context,
  blue: Fleet,
  isOwn: boolean,
  release: string | undefined,
  spec: LaunchSpec | OperatorError | undefined,
): Promise<void> {
  const instances = members(blue);
  // Before adoption no instance has the ownership tags, so the conditions of the policy deny every action except those of `adopt`.
  if (isOwn) {
    await attempt(fleet.mark(blue, { ...blue.marks, size: blue.marks.size ?? '' }));
    // What holds instances has their tags: notes on single ones are for deploys in place.
    if (config.fleet.kind === 'ec2' || config.deploy !== undefined) {
      const noted = instances.map((one) => ({ ...one, left: [{ pool: '', port: 0 }] }));
      await attempt(fleet.note(noted, { left: [] }));
    }
    await attempt(fleet.terminate(blue));
  } else {
    const claim = {
      fleet: blue.id,
      release: blue.release,
      instances: instances.map(({ id }) => id),
      marks: blue.marks,
    };
    await attempt(fleet.claim(claim));
  }
  if (release === undefined || spec === undefined || spec instanceof OperatorError) return;
  await attempt(fleet.launch({ fleet: `${config.environment}-${run}`, release, spec }));
}

async function addressesFor(
  { session }: Context,
  spec: LaunchSpec | OperatorError | undefined,
): Promise<ReadonlyMap<string, number> | OperatorError> {
  if (spec === undefined || spec instanceof OperatorError) return new Map();
  const { Ec2 } = await import('../aws/ec2.ts');
  return attempt(new Ec2(session).freeAddresses(spec.group?.subnets ?? spec.batches.map(({ subnet }) => subnet)));
}
