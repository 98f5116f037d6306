import { up } from '../../../tasks/up.ts';
import { isRefusal, type LaunchGroup, type LaunchSpec, type Refusal } from '../../domain/goal.ts';
import { countByZone, type ByZone } from '../../domain/minimum-healthy.ts';
import { members, servingFleets } from '../../domain/roles.ts';
import type { Fleet, Snapshot } from '../../domain/snapshot.ts';
import type { SwitchSettings } from '../../domain/traffic.ts';
import { count, duration, list } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';
import { nextZones } from '../../plan/fleet-size.ts';
import { withPreview } from '../../plan/preview.ts';
import { nextQuotaProblem } from '../../plan/quotas.ts';
import { preview } from '../task/preview.ts';
import { about, type Finding } from './finding.ts';

/** What the next release would boot, and whether there is room for it. Pure. */

/** The fleet that serves, and how the next one would be spread. */
export function nextFleet(world: Snapshot, fleetCount: number | undefined): { readonly blue: Fleet; zones: ByZone } {
  const blue = servingFleets(world)[0]!;
  return { blue, zones: nextZones(world, blue, fleetCount) };
}

/** What would be booted: phrases, then sentences. */
function launchText(release: string, { summary }: LaunchSpec): string {
  const { true: sentences = [], false: phrases = [] } = Object.groupBy(summary, (text) => `${text.endsWith('.')}`);
  return [`${release}: ${phrases.join('; ')}.`, ...sentences].join(' ');
}

export interface LaunchView {
  readonly world: Snapshot;
  readonly settings: SwitchSettings;
  readonly fleetCount: number | undefined;
  /** What `--release` names, and what it resolves to; `adopt-first`: which group is next is known by the tags of the one that serves. */
  readonly named: { readonly release: string; readonly spec: LaunchSpec | OperatorError } | 'adopt-first' | undefined;
  /** Free addresses by subnet. */
  readonly addresses: ReadonlyMap<string, number> | OperatorError;
}

/** @returns the findings, and how long `up` would take, in seconds */
export async function launchFindings(view: LaunchView): Promise<{ findings: readonly Finding[]; seconds: number }> {
  const { world, named, fleetCount, addresses } = view;
  const { ok, warning, notChecked, failed, refused } = about('release');
  const { blue, zones } = nextFleet(world, fleetCount);
  const quota = about('capacity').refused(nextQuotaProblem(world, countByZone(members(blue)), zones));
  if (named === undefined || named === 'adopt-first') {
    const next = named === undefined ? NAME_ONE : ADOPT_FIRST;
    const findings = [notChecked('What a release boots.', next), notRoom('Free addresses.', next), ...quota];
    return { findings, seconds: 0 };
  }
  const { release, spec } = named;
  if (spec instanceof OperatorError)
    return {
      findings: [
        failed(spec),
        notRoom('Free addresses: what is booted is not known.', 'Fix the failure of the release first.'),
        ...quota,
      ],
      seconds: 0,
    };
  const plan = await planOf(view, release, spec);
  const said = new Set(spec.summary);
  const findings = [
    ok(launchText(release, spec)),
    ...(isRefusal(plan)
      ? refused(plan)
      : [
          ok(`up takes about ${duration(plan.seconds)}.`),
          ...plan.notes.filter((text) => !said.has(text)).map((text) => warning(text)),
        ]),
    ...quota,
    ...roomFindings(spec, addresses),
  ];
  return { findings, seconds: isRefusal(plan) ? 0 : plan.seconds };
}

const ADOPT_FIRST = 'Run `turnout adopt --release R` first, then this again.';
const NAME_ONE = '`turnout doctor --release R` resolves it.';

function notRoom(says: string, next: string): Finding {
  return about('capacity').notChecked(says, next);
}

/** What `up` would show, or why it would be refused. */
async function planOf(
  { world, settings, fleetCount }: LaunchView,
  release: string,
  spec: LaunchSpec,
): Promise<Refusal | { readonly seconds: number; readonly notes: readonly string[] }> {
  const requestedBy = { run: 'doctor', who: '', since: new Date(world.at).toISOString() };
  const request = { snapshot: world, options: { release }, requestedBy, settings, fleetCount };
  const goal = await up.pinGoal({ ...request, resolve: async () => spec });
  if (isRefusal(goal)) return goal;
  const plan = up.plan(world, goal);
  const shown = isRefusal(plan) ? plan : withPreview(world, goal, plan);
  return isRefusal(shown) ? shown : preview(up, world, goal, shown);
}

/** It chooses among its subnets by itself. */
function groupRoom(
  { name, count: n, subnets }: LaunchGroup,
  addresses: ReadonlyMap<string, number>,
): readonly Finding[] {
  const { ok, failure } = about('capacity');
  const free = subnets.reduce((sum, subnet) => sum + (addresses.get(subnet) ?? 0), 0);
  const has = `The subnets of ${name} have ${count(free, 'free address', 'free addresses')}`;
  if (free >= n) return [ok(`${has} for ${n}.`)];
  return [
    failure(`${has}, and ${n} servers would boot there.`, 'Free addresses there, or give the group more subnets.'),
  ];
}

function roomFindings({ batches, group }: LaunchSpec, addresses: LaunchView['addresses']): readonly Finding[] {
  const { ok, failure, notChecked } = about('capacity');
  if (addresses instanceof OperatorError)
    return [notChecked(`Free addresses: ${addresses.message}`, ...addresses.next)];
  if (group !== undefined) return groupRoom(group, addresses);
  const tight = batches.filter(({ subnet, count: n }) => (addresses.get(subnet) ?? Infinity) < n);
  if (tight.length === 0) {
    const free = batches.map(({ subnet, zone, count: n }) => `${addresses.get(subnet) ?? '?'} in ${zone} for ${n}`);
    return [ok(`Free addresses: ${list(free)}.`)];
  }
  return tight.map(({ subnet, zone, count: n }) =>
    failure(
      `${subnet} in ${zone} has ${count(addresses.get(subnet) ?? 0, 'free address', 'free addresses')}, and ${n} servers would boot there.`,
      'Free addresses there, or boot fewer servers with `turnout up --count`.',
    ),
  );
}
