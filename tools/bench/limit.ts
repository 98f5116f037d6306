import type { Aws } from './aws.ts';
import type { Stage } from './stage.ts';

/** Interval between reads of the new targets' health. */
const POLL_MS = 100;

/**
 * The physical limit of a promote: the unavoidable work, done by a script with prior knowledge. These are the API requests (read
 * the groups, their targets and the instances; tag and register green; deregister blue; swap the test groups) in the largest
 * batches that ELB allows, and the wait until the last new target has passed its first health check. Not included: process
 * start, credentials, lease, journal, guards, and verification of changes.
 * @returns milliseconds
 */
export async function bareSwitch(aws: Aws, { blue, green, tag }: Stage): Promise<number> {
  const startedAt = performance.now();
  const groups = await aws.groups();
  const production = groups['shop-production']!;
  const test = groups['shop-test']!;
  await Promise.all([aws.health(production), aws.health(test), aws.tagged(tag('environment'))]);
  await aws.tag(green, tag('promoted'), new Date().toISOString());
  await aws.register(production, green);
  const wanted = new Set(green);
  while (!(await aws.allHealthy(production, wanted))) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  await aws.deregister(production, blue);
  await aws.register(test, blue);
  await aws.deregister(test, green);
  return performance.now() - startedAt;
}
