import type { Aws } from './aws.ts';

export interface BareRolling {
  readonly batch: number;
  readonly tag: (name: string) => string;
  readonly deploy: (instance: string) => Promise<void>;
}

/** Interval between reads of targets. */
const POLL_MS = 100;

/**
 * The physical limit of a rolling deploy: for each batch the deregistration delay, the deploy, the first health check and the
 * unavoidable API requests, done by a script with prior knowledge. Not included: process start, credentials, lease, journal,
 * guards, and verification of changes.
 * @returns milliseconds
 */
export async function bareRolling(aws: Aws, { batch, tag, deploy }: BareRolling): Promise<number> {
  const startedAt = performance.now();
  const groups = await aws.groups();
  const group = groups['shop-production']!;
  const [instances] = await Promise.all([aws.tagged(tag('environment')), aws.health(group)]);
  // By zone, since a batch must not contain a whole zone.
  const ids = instances
    .toSorted((a, b) => (a.Placement!.AvailabilityZone! < b.Placement!.AvailabilityZone! ? -1 : 1))
    .map(({ InstanceId }) => InstanceId!);
  for (let n = 0; n < ids.length; n += batch) {
    const some = ids.slice(n, n + batch);
    await aws.tag(some, tag('left'), 'shop-production:8080');
    await aws.deregister(group, some);
    while ((await aws.health(group)).some(({ Target }) => some.includes(Target!.Id!))) await pause();
    await Promise.all(some.map(deploy));
    await aws.register(group, some);
    while (!(await aws.allHealthy(group, new Set(some)))) await pause();
    await aws.tag(some, tag('release'), '41');
    await aws.untag(some, tag('left'));
  }
  return performance.now() - startedAt;
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
