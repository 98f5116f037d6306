import { isRegistered, members, targetsOf } from '../domain/roles.ts';
import type { Fleet, Pool, PoolRole, Snapshot } from '../domain/snapshot.ts';
import { waitingText } from '../domain/approval.ts';
import { ownerText, workProblem } from '../domain/work.ts';
import { closedText } from '../domain/freeze.ts';
import { forgotten, hardwareOf } from '../domain/idle.ts';
import { keptVolumeFacts, leftVolumeFacts } from '../domain/kept-volumes.ts';
import { allPassedOver } from '../domain/passed-over.ts';
import { previewFacts } from '../plan/preview.ts';
import { scalingFacts } from '../plan/scaling.ts';
import { outsideFacts } from '../plan/outsiders.ts';
import { subjectOf } from '../domain/goal.ts';
import type { Lease, RecordedGoal } from '../stores/store.ts';
import type { VerbStatus } from '../run/task/verbs.ts';
import { advisedIn, countByState, fleetsByRole, healthOf, proofOf, type StatusReport } from './status.ts';
import { locationLine } from './location.ts';
import { pullLines } from './status-pull.ts';
import { poolLines, ROLE_STYLES } from './status-pools.ts';
import { routeLines } from './status-routes.ts';
import { unplacedIn } from '../domain/size.ts';
import { columns, hanging, headed, pad, paragraphs, wrap, painter, type Paint } from './text.ts';
import { age, ago, clockTime, count, list } from '../domain/text.ts';

/** A lease is renewed far more often than this, in seconds; a holder that does not may be dead. */
const LATE_S = 10;

/** What is where, what is in progress, and what can be done next: one screen. */
export function statusText(report: StatusReport, width: number, colour = false): string {
  const paint = painter(colour);
  const verbs = verbLines(report, width, paint);
  return paragraphs(sections(report, width, paint, { verbs }));
}

/** The same in few lines: targets by state, and one line about what you can do. For a small terminal. */
export function compactStatus(report: StatusReport, width: number, colour = false): string {
  const { accepted = [], refused = [] } = Object.groupBy(report.verbs, (one) =>
    one.accepted ? 'accepted' : 'refused',
  );
  const names = (some: VerbStatus[]): string => some.map(({ verb }) => verb).join(', ') || 'none';
  const verbs =
    report.verbs.length === 0 ? [] : wrap(`You can: ${names(accepted)}. Not now: ${names(refused)}.`, width);
  return sections(report, width, painter(colour), { verbs, targets: 0 }).flat().join('\n');
}

/** @param targets how many of a pool are shown one by one */
function sections(
  report: StatusReport,
  width: number,
  paint: Paint,
  { verbs, targets }: { verbs: readonly string[]; targets?: number },
): readonly (readonly string[])[] {
  const { snapshot } = report;
  const warnings = (label: string, texts: readonly string[]): readonly string[] =>
    texts.flatMap((text) => headed(label, 'yellow', advisedIn(report, text), width, paint));
  return [
    [
      `${paint('bold', `Environment ${report.environment}`)}  ${paint('dim', clockTime(snapshot.at))}`,
      ...(report.location ? [locationLine(report.location, paint)] : []),
      ...underWayLines(report, width, paint),
      ...approvalLines(report, width, paint),
      ...freezeLines(snapshot, width, paint),
      ...workLines(snapshot, width, paint),
    ],
    [...routeLines(snapshot, paint), ...passedOverLines(snapshot, width, paint), ...previewLines(report, width, paint)],
    warnings('Moved:', report.movedByOthers === undefined ? [] : [report.movedByOthers]),
    ...snapshot.pools.toSorted(byRole).map((pool) => poolLines(pool, snapshot, width, paint, targets)),
    warnings('Not read:', report.unreadable),
    unmanagedLines(snapshot, width, paint),
    warnings('Others:', outsideTexts(report)),
    fleetLines(snapshot, width, paint),
    outLines(report, width, paint),
    warnings('Groups:', scalingFacts(snapshot, report.pull?.pointer?.release)),
    pullLines(report, width, paint),
    warnings('Still paid for:', forgottenTexts(snapshot)),
    warnings('Volumes:', [...keptVolumeFacts(snapshot.fleets), ...leftVolumeFacts(snapshot)]),
    assuranceLines(report, width, paint),
    verbs,
    lastLines(report, width, paint),
  ];
}

/** A look at what the config does not name may be older than the rest. */
function outsideTexts({ snapshot, outsideAgeS = 0 }: StatusReport): readonly string[] {
  const facts = outsideFacts(snapshot);
  return facts.length > 0 && outsideAgeS > 0 ? [...facts, `This was seen ${ago(outsideAgeS)}.`] : facts;
}

/** Nothing where the config has no such work. */
function workLines({ work }: Snapshot, width: number, paint: Paint): string[] {
  if (work === undefined || work.state === 'none') return [];
  if (work.state === 'unreadable') return headed('Work:', 'yellow', workProblem(work, '') ?? '', width, paint);
  const text = `taken by ${ownerText(work.owner)} (epoch ${work.epoch}).`;
  return headed('Work:', work.owner === null ? 'yellow' : 'bold', text, width, paint);
}

/** What of the weights is not so, by what the names are answered with. */
function passedOverLines(snapshot: Snapshot, width: number, paint: Paint): string[] {
  return allPassedOver(snapshot).flatMap((text) => headed('Passed over:', 'yellow', text, width, paint));
}

/** Nothing while there is no such rule. */
function previewLines(report: StatusReport, width: number, paint: Paint): string[] {
  const facts = previewFacts(report.snapshot).map((text) => advisedIn(report, text));
  return facts.flatMap((text) => headed('Preview:', 'bold', text, width, paint));
}

/** Nothing once it is decided. */
function approvalLines(report: StatusReport, width: number, paint: Paint): string[] {
  const { approval } = report;
  if (approval === undefined || approval.decision !== undefined) return [];
  return headed('Approval:', 'yellow', advisedIn(report, waitingText(approval)), width, paint);
}

/** Nothing while that is open. */
function freezeLines({ freeze }: Snapshot, width: number, paint: Paint): string[] {
  const text = closedText(freeze);
  return text === undefined ? [] : headed('Closed:', 'yellow', text, width, paint);
}

function byRole(a: Pool, b: Pool): number {
  return ROLES.indexOf(a.role) - ROLES.indexOf(b.role);
}

const ROLES: readonly PoolRole[] = ['production', 'test', 'other'];

/** `Stopped: promote of 42 by alice@ci, 12 min ago, 2 of 4 steps done: resume, rollback or abandon.` */
function underWayLines(report: StatusReport, width: number, paint: Paint): string[] {
  const { snapshot, lease, goal, choices = ['resume', 'abandon'], trouble, otherStore } = report;
  if (trouble !== undefined) {
    return headed('Store:', 'red', `${trouble} Until then no task can start; one may be running.`, width, paint);
  }
  if (otherStore !== undefined) {
    const text = `${otherStore} Tasks run there; \`--take-over\` makes this store the one from now on.`;
    return headed('Store:', 'red', text, width, paint);
  }
  if (lease) return leaseLines(lease, goal, snapshot.at, width, paint);
  if (!goal) return [];
  const { goal: asked, stepsDone, stepsAll, updatedAt } = goal;
  const text =
    `${asked.verb} of ${subjectOf(asked)} by ${asked.who}, ${ago((snapshot.at - Date.parse(updatedAt)) / 1000)}, ` +
    `${stepsDone} of ${stepsAll} steps done: ${either(choices.map((command) => `\`${command}\``))}.`;
  return headed('Stopped:', 'yellow', text, width, paint);
}

function either(choices: readonly string[]): string {
  return `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`;
}

function leaseLines(lease: Lease, goal: RecordedGoal | undefined, now: number, width: number, paint: Paint): string[] {
  const { holder, doing, renewedAt } = lease;
  const sinceRenewalS = (now - renewedAt) / 1000;
  const what = holder.release === undefined ? holder.verb : `${holder.verb} of ${holder.release}`;
  const steps = goal ? `, ${goal.stepsDone} of ${goal.stepsAll} steps done` : '';
  const late = sinceRenewalS > LATE_S ? ` Last renewed ${ago(sinceRenewalS)}.` : '';
  const step = doing === '' ? '' : `: ${doing}`;
  const text = `${what} by ${holder.who} for ${age((now - Date.parse(holder.since)) / 1000)}${steps}${step}.${late}`;
  return headed('Running:', 'bold', text, width, paint);
}

function unmanagedLines({ unmanaged }: Snapshot, width: number, paint: Paint): string[] {
  if (unmanaged.length === 0) return [];
  const ids = list(
    unmanaged.map(({ id }) => id),
    5,
  );
  const text = `${ids} ${unmanaged.length === 1 ? 'is' : 'are'} in a target group without this environment's tags.`;
  return headed('Unmanaged:', 'yellow', text, width, paint);
}

function fleetLines(snapshot: Snapshot, width: number, paint: Paint): string[] {
  const fleets = fleetsByRole(snapshot);
  if (fleets.length === 0) return ["No fleet has this environment's tags."];
  const rows = fleets.map(({ fleet, role }) => [
    `  ${paint(ROLE_STYLES[role], role)}`,
    releasesIn(fleet),
    fleet.id,
    sizeOf(fleet),
    `${age((snapshot.at - launchedAt(fleet)) / 1000)} old`,
    '|',
  ]);
  const lines = columns(rows).flatMap((line, i) =>
    hanging(line.slice(0, -1), whereIs(fleets[i]!.fleet, snapshot), width),
  );
  return [paint('bold', 'Fleets'), ...lines];
}

/** `41`, or in the middle of a rolling deploy `41 and 42`. */
function releasesIn(fleet: Fleet): string {
  return list([...new Set(members(fleet).map(({ release }) => release ?? fleet.release))].toSorted());
}

/** Instances that were deregistered and are not registered again, and those of a fleet in use that no target group has. */
function outLines(report: StatusReport, width: number, paint: Paint): string[] {
  const { snapshot } = report;
  const { fleets } = snapshot;
  const out = fleets.flatMap(members).filter(({ left }) => left !== undefined);
  const unplaced = unplacedIn(snapshot);
  const lines = out.flatMap(({ id, left = [], deploy }) => {
    const where = list([...new Set(left.map(({ pool }) => pool))]);
    const code = deploy?.state === 'started' ? `, with a failed or unfinished deploy of ${deploy.release}` : '';
    const text = `${id}, from ${where}${code}. \`turnout join ${id}\` registers it again.`;
    return headed('Out of traffic:', 'yellow', advisedIn(report, text), width, paint);
  });
  if (unplaced === undefined) return lines;
  return [...lines, ...headed('Not in use:', 'yellow', unplaced, width, paint)];
}

function forgottenTexts(snapshot: Snapshot): readonly string[] {
  return forgotten(snapshot).map(({ fleet, since }) => {
    const until = age((snapshot.at - since) / 1000);
    return `${releasesIn(fleet)} has been beside production for ${until}: ${hardwareOf(fleet)}. \`turnout cleanup\` terminates it.`;
  });
}

/** `3 instances`, or `2 running, 1 pending`. */
function sizeOf(fleet: Fleet): string {
  const all = members(fleet);
  const isRunning = all.length > 0 && all.every(({ state }) => state === 'running');
  return isRunning ? count(all.length, 'instance') : countByState(all);
}

function launchedAt(fleet: Fleet): number {
  return members(fleet).reduce((first, { launchedAt: at }) => Math.min(first, at), Infinity);
}

/** `3/3 healthy in shop-production, 3 draining in shop-test`. */
function whereIs(fleet: Fleet, snapshot: Snapshot): string {
  const where = snapshot.pools.toSorted(byRole).flatMap((pool) => {
    const targets = targetsOf(pool, fleet);
    const { healthy, registered } = healthOf(targets);
    if (registered > 0) return [`${healthy}/${registered} healthy in ${pool.name}`];
    const draining = targets.filter((target) => !isRegistered(target)).length;
    return draining > 0 ? [`${draining} draining from ${pool.name}`] : [];
  });
  return where.length === 0 ? 'not in a target group' : where.join(', ');
}

function assuranceLines(report: StatusReport, width: number, paint: Paint): string[] {
  const proof = proofOf(report);
  const { rollback } = report;
  return [
    ...(proof ? yesOrNo('Switch', 'proven', proof.proven, proof.why, width, paint) : []),
    ...yesOrNo('Rollback', 'ready', rollback.ready, rollback.why, width, paint),
  ];
}

/** `Rollback ready: ...`, or `Rollback not ready: ...`. */
function yesOrNo(what: string, state: string, is: boolean, why: string, width: number, paint: Paint): string[] {
  return is
    ? headed(`${what} ${state}:`, 'green', why, width, paint)
    : headed(`${what} not ${state}:`, 'yellow', why, width, paint);
}

function verbLines(report: StatusReport, width: number, paint: Paint): string[] {
  const { verbs, otherStore } = report;
  if (verbs.length === 0 || otherStore !== undefined) return [];
  const nameWidth = Math.max(...verbs.map(({ verb }) => verb.length));
  return [
    paint('bold', 'What you can do'),
    ...verbs
      .toSorted((a, b) => Number(b.accepted) - Number(a.accepted))
      .flatMap(({ verb, accepted, why }) => {
        const mark = accepted ? paint('green', 'yes') : paint('dim', 'no ');
        return hanging(`  ${mark}  ${pad(verb, nameWidth)}  `, advisedIn(report, why ?? ''), width);
      }),
  ];
}

function lastLines({ last, snapshot }: StatusReport, width: number, paint: Paint): string[] {
  if (!last || last.outcome === 'running') return [];
  const of = last.verb === 'cleanup' ? 'that keeps' : 'of';
  const what = last.release === undefined ? last.verb : `${last.verb} ${of} ${last.release}`;
  const when = ago((snapshot.at - Date.parse(last.until ?? last.since)) / 1000);
  return wrap(`Last: ${what} by ${last.who}, ${last.outcome} ${when}. ${last.message}`, width).map((line) =>
    paint('dim', line),
  );
}
