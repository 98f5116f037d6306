import type { Instance } from '../domain/snapshot.ts';
import type { DeployRequest } from './deployer.ts';
import type { DeployedInstance, DeployReport } from '../domain/deploys.ts';

/** What the deployers that AWS runs have in common. */

/** Lines that a person reads. */
const LINES = 20;

export function lastLines(text: string): readonly string[] {
  return text.trimEnd().split('\n').slice(-LINES);
}

/** Those that get the same request: with migrations, the first instance gets one of its own. */
export function groupsOf(
  instances: readonly Instance[],
  { migrate, instances: all }: DeployRequest,
): readonly { readonly migrate: boolean; readonly instances: readonly Instance[] }[] {
  const first = all[0];
  const [chosen, others] = [
    instances.filter((one) => migrate && one === first),
    instances.filter((one) => !migrate || one !== first),
  ];
  return [
    { migrate: true, instances: chosen },
    { migrate: false, instances: others },
  ].filter((group) => group.instances.length > 0);
}

/** One entry for each instance of the request; those that nobody knows of have not begun. */
export function reportOf(
  { token, instances }: DeployRequest,
  known: ReadonlyMap<string, DeployedInstance>,
): DeployReport {
  const all = instances.map(({ id }): DeployedInstance => known.get(id) ?? { id, state: 'pending' });
  const states = new Set(all.map(({ state }) => state));
  const isAtWork = states.has('running') || states.has('pending');
  const begun = states.size === 1 && states.has('pending') ? 'pending' : 'running';
  return { token, state: isAtWork ? begun : states.has('failed') ? 'failed' : 'succeeded', instances: all };
}

/** Those for which the deploy is to be started: it was not yet, or it has failed and nobody is at it any more. */
export function idleOf({ instances }: DeployRequest, report: DeployReport | undefined): readonly Instance[] {
  if (report === undefined) return instances;
  if (report.state !== 'failed') return [];
  const done = new Set(report.instances.filter(({ state }) => state === 'succeeded').map(({ id }) => id));
  return instances.filter(({ id }) => !done.has(id));
}

/** Puts the values of a request into the place of `{release}` and the others. */
export function fillFor(
  { environment, release, previous = '', token }: DeployRequest,
  migrate: boolean,
): (text: string) => string {
  const values: Readonly<Record<string, string>> = {
    environment,
    release,
    previous,
    deploy: token,
    migrate: String(migrate),
  };
  return (text) => text.replaceAll(/(?<!\$)\{([a-z]+)\}/g, (whole, name: string) => values[name] ?? whole);
}
