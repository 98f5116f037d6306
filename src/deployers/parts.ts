import type { Instance } from '../domain/snapshot.ts';
import type { DeployRequest } from './deployer.ts';
import type { DeployedInstance, DeployReport } from '../domain/deploys.ts';

/** Shared by the deployers that run in AWS. */

/** Lines of output in a report. */
const LINES = 20;

export function lastLines(text: string): readonly string[] {
  return text.trimEnd().split('\n').slice(-LINES);
}

/** The comment by which a command or deployment is found again. */
export function commentOf(token: string): string {
  return `turnout ${token}`;
}

/** Instances by request: with migrations, the first instance gets a request of its own. */
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

/** One entry per instance of the request; instances that are not in `known` are pending. */
export function reportOf(
  { token, instances }: DeployRequest,
  known: ReadonlyMap<string, DeployedInstance>,
): DeployReport {
  const all = instances.map(({ id }): DeployedInstance => known.get(id) ?? { id, state: 'pending' });
  const states = new Set(all.map(({ state }) => state));
  const isRunning = states.has('running') || states.has('pending');
  const progress = states.size === 1 && states.has('pending') ? 'pending' : 'running';
  return { token, state: isRunning ? progress : states.has('failed') ? 'failed' : 'succeeded', instances: all };
}

/** Instances to start the deploy on: all when there was none, or those without success when it has failed. */
export function notDeployed({ instances }: DeployRequest, report: DeployReport | undefined): readonly Instance[] {
  if (report === undefined) return instances;
  if (report.state !== 'failed') return [];
  const done = new Set(report.instances.filter(({ state }) => state === 'succeeded').map(({ id }) => id));
  return instances.filter(({ id }) => !done.has(id));
}

/** Fills the values of a request into placeholders such as `{release}`. */
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
