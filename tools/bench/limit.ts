import type { Aws } from './aws.ts';
import type { Stage } from './stage.ts';

/** Between two looks at the health of the new targets. */
const POLL_MS = 100;

/**
 * The physical limit of a promote: what no tool can leave out, by a script that knows beforehand what it will find. API
 * round trips (read the groups, their targets and the instances; tag green; register it; take blue out; swap the test groups), each as
 * few and as much at once as ELB allows, and the wait until the last new target has passed its first health check. Not in it:
 * the start of a process, credentials, a lease, a journal, any guard, and any look at what a change has done.
 * @returns milliseconds
 */
export async function bareSwitch(aws: Aws, { blue, green, tag }: Stage): Promise<number> {
  const begun = performance.now();
  const groups = await aws.groups();
  const production = groups['shop-production']!;
  const test = groups['shop-test']!;
  await Promise.all([aws.health(production), aws.health(test), aws.tagged(tag('environment'))]);
  await aws.tag(green, tag('promoted'), new Date().toISOString());
  await aws.register(production, green);
  const wanted = new Set(green);
  while (!(await allHealthy(aws, production, wanted))) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  await aws.deregister(production, blue);
  await aws.register(test, blue);
  await aws.deregister(test, green);
  return performance.now() - begun;
}

/** Whether all of these instances are healthy in the group. */
export async function allHealthy(aws: Aws, arn: string, ids: ReadonlySet<string>): Promise<boolean> {
  const healthy = (await aws.health(arn)).filter(({ TargetHealth }) => TargetHealth!.State === 'healthy');
  return healthy.filter(({ Target }) => ids.has(Target!.Id!)).length === ids.size;
}
