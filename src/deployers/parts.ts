import type { DeployedInstance, DeployReport } from '../domain/deploys.ts';
import type { Instance } from '../domain/snapshot.ts';
import type { DeployRequest } from './deployer.ts';

/** Lines of output in a report. */
const LINES = 20;

export function lastLines(text: string): readonly string[] {
  return text.trimEnd().split('\n').slice(-LINES);
}

/** The report on a request, with one entry per instance of it. */
export function reportOf(token: string, instances: readonly DeployedInstance[]): DeployReport {
  const states = new Set(instances.map(({ state }) => state));
  const isRunning = states.has('running') || states.has('pending');
  const progress = states.size === 1 && states.has('pending') ? 'pending' : 'running';
  return { token, state: isRunning ? progress : states.has('failed') ? 'failed' : 'succeeded', instances };
}

/** No instance is being deployed to any more, or none was. */
export function isOver(report: DeployReport | undefined): boolean {
  return report === undefined || report.state === 'succeeded' || report.state === 'failed';
}

type Values = Readonly<Record<string, string>>;

/** The values of a request by the names of their placeholders. */
export function valuesOf({ environment, release, previous = '', token }: DeployRequest): Values {
  return { environment, release, previous, deploy: token };
}

/** Fills values into placeholders such as `{release}`. */
export function fill(text: string, values: Values): string {
  return text.replaceAll(/(?<!\$)\{([a-z]+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** The same for requests to AWS, which say whether to migrate, and take lists of text by name. */
export function fillFor(request: DeployRequest, migrate: boolean) {
  const values = { ...valuesOf(request), migrate: String(migrate) };
  const lists = (given: Readonly<Record<string, readonly string[]>>): Record<string, string[]> =>
    Object.fromEntries(Object.entries(given).map(([name, texts]) => [name, texts.map((text) => fill(text, values))]));
  return { text: (given: string): string => fill(given, values), lists };
}

/** The comment by which a command or deployment in AWS is found again. */
export function commentOf({ token }: DeployRequest): string {
  return `turnout ${token}`;
}

/** What was sent to AWS for a request: the EC2 ids of its instances, and how far one of them is; undefined while AWS does not know. */
export interface Sent {
  readonly instances: readonly string[];
  statusOf(id: string): Promise<DeployedInstance | undefined>;
}

/** The report on a request, by all that was sent for it, newest first. Undefined when nothing was. */
export async function reportOnSent(request: DeployRequest, sent: readonly Sent[]): Promise<DeployReport | undefined> {
  if (sent.length === 0) return undefined;
  const instances = request.instances.map(async ({ id }): Promise<DeployedInstance> => {
    const newest = sent.find((one) => one.instances.includes(id));
    return (await newest?.statusOf(id)) ?? { id, state: 'pending' };
  });
  return reportOf(request.token, await Promise.all(instances));
}

/** What is to be sent: to all instances when nothing was, or to those without success when it has failed. */
export function groupsToSend(
  { migrate, instances: all }: DeployRequest,
  report: DeployReport | undefined,
): readonly { readonly migrate: boolean; readonly instances: readonly Instance[] }[] {
  if (report !== undefined && report.state !== 'failed') return [];
  const done = new Set(report?.instances.filter(({ state }) => state === 'succeeded').map(({ id }) => id));
  // With migrations, the first instance gets a request of its own.
  const groups = Map.groupBy(all, (one) => migrate && one === all[0]);
  return [...groups]
    .map(([alone, some]) => ({ migrate: alone, instances: some.filter(({ id }) => !done.has(id)) }))
    .filter(({ instances }) => instances.length > 0);
}

export function exitText(status: string, code: number | undefined): string {
  return code === undefined ? status : `${status} with exit code ${code}`;
}
