import type { Policy } from '../../aws/policy.ts';
import type { SimulatedRequest } from '../../aws/iam.ts';
import type { Location } from '../../domain/location.ts';
import { members, servingFleets } from '../../domain/roles.ts';
import type { Snapshot } from '../../domain/snapshot.ts';

/** What IAM is asked where a dry run cannot check. Pure. */

/** `isReal`: of resources that exist. Of made up ones a denial says nothing: the policy may name the real ones only. */
export interface Simulation extends SimulatedRequest {
  readonly isReal: boolean;
}

/**
 * The requests that the policy would allow, for these actions alone.
 * @param policy the one that is printed: its conditions say which values requests have
 */
export function simulationsOf(
  { Statement }: Policy,
  wanted: ReadonlySet<string>,
  snapshot: Snapshot,
  location: Location,
): readonly Simulation[] {
  const known = knownArns(snapshot, location);
  return Statement.flatMap(({ Action, Resource, Condition = {} }): readonly Simulation[] => {
    const actions = Action.filter((action) => wanted.has(action));
    if (actions.length === 0) return [];
    const real = known.filter((arn) => Resource.some((pattern) => pattern !== '*' && fits(pattern, arn)));
    const resources = real.length > 0 ? real : Resource.map((pattern) => sampleOf(pattern, location));
    const isReal = real.length > 0 || Resource.every((pattern) => pattern === '*' || !pattern.includes('*'));
    return [{ actions, resources, isReal, context: contextOf(Condition) }];
  });
}

/** One instance stands for all: their tags are the same. */
function knownArns(snapshot: Snapshot, { region, account }: Location): readonly string[] {
  const [instance] = servingFleets(snapshot).flatMap(members);
  return [
    ...snapshot.pools.filter(({ role }) => role !== 'other').map(({ arn }) => arn),
    ...(instance === undefined ? [] : [`arn:aws:ec2:${region}:${account}:instance/${instance.id}`]),
  ];
}

function fits(pattern: string, arn: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`).test(arn);
}

function sampleOf(pattern: string, { region, account }: Location): string {
  if (pattern === '*') return pattern;
  const [prefix, partition, service, where, owner, ...rest] = pattern.split(':');
  const parts = [prefix, partition, service, where === '*' ? region : where, owner === '*' ? account : owner];
  return [...parts, rest.join(':').replaceAll('*', 'turnout')].join(':');
}

/** The values that the conditions ask for; what must be absent, or present, is said by the others. */
function contextOf(conditions: NonNullable<Policy['Statement'][number]['Condition']>): SimulatedRequest['context'] {
  const keys = Object.entries(conditions).flatMap(([operator, lines]) =>
    operator === 'Null' ? [] : Object.entries(lines),
  );
  return Object.fromEntries(keys.map(([key, value]) => [key, [value].flat().map((one) => one.replaceAll('*', 'x'))]));
}
