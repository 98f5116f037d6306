import type { Ec2 } from '../aws/ec2.ts';
import { defined } from '../domain/defined.ts';
import type { DeployNote, Instance, Membership } from '../domain/snapshot.ts';
import type { Notes } from './fleet.ts';

/** Notes on single instances as tags, for every kind of fleet. Names are without the prefix. */

/** Maximum length of a tag's value, in characters (EC2 user guide, tag restrictions). */
const VALUE_MAX = 256;

/** Writes notes on single instances, as EC2 tags. */
export async function writeNotes(
  ec2: Ec2,
  tagPrefix: string,
  instances: readonly Instance[],
  notes: Notes,
): Promise<void> {
  const ids = instances.map(({ id }) => id);
  const { write, remove } = noteTags(notes, Math.max(0, ...instances.map(leftTagCount)));
  const key = (name: string): string => `${tagPrefix}:${name}`;
  // New tags first, so that no note is missing between the two requests.
  await ec2.tag(ids, Object.fromEntries(Object.entries(write).map(([name, value]) => [key(name), value])));
  await ec2.untag(ids, remove.map(key));
}

/**
 * The tags that hold the notes. A list of target groups may need several: `left`, `left.2`, ... with `group:port` separated by
 * spaces. A group's name has at most 32 letters, digits and hyphens (ELBv2 API, CreateTargetGroup).
 * @param tagCount number of `left` tags on the instances now
 * @returns what to write, and the names of surplus tags to remove, which may be absent
 */
export function noteTags({ release, deploy, left }: Notes, tagCount = 1) {
  const values = packed(left);
  const write: Readonly<Record<string, string>> = {
    ...defined({ release, deploy: deploy && `${deploy.release} ${deploy.run} ${deploy.state}` }),
    ...Object.fromEntries(values.map((value, n) => [leftName(n), value])),
  };
  const surplus = left === undefined ? 0 : Math.max(0, tagCount - values.length);
  return { write, remove: Array.from({ length: surplus }, (_, n) => leftName(values.length + n)) };
}

/** Number of `left` tags on the instance now. */
export function leftTagCount(instance: Instance): number {
  return packed(instance.left).length;
}

/** The notes in the tags of an instance; `tag` returns the value of a tag by its name. */
export function notesIn(tag: (name: string) => string | undefined): Pick<Instance, 'left' | 'deploy'> {
  const left = leftOf(tag);
  return defined({ left: left.length === 0 ? undefined : left, deploy: deployOf(tag('deploy')) });
}

function leftName(n: number): string {
  return n === 0 ? 'left' : `left.${n + 1}`;
}

/** Joins memberships with spaces into as few tag values as possible. */
function packed(left: readonly Membership[] = []): readonly string[] {
  const values: string[] = [];
  for (const { pool, port } of left) {
    const item = `${pool}:${port}`;
    const last = values.at(-1);
    if (last !== undefined && last.length + 1 + item.length <= VALUE_MAX) values[values.length - 1] = `${last} ${item}`;
    else values.push(item);
  }
  return values;
}

function leftOf(tag: (name: string) => string | undefined): readonly Membership[] {
  const memberships: Membership[] = [];
  for (let n = 0; ; n += 1) {
    const value = tag(leftName(n));
    if (value === undefined) return memberships;
    for (const item of value.split(' ')) {
      const [, pool, port] = /^([^:]+):(\d+)$/.exec(item) ?? [];
      if (pool !== undefined) memberships.push({ pool, port: Number(port) });
    }
  }
}

function deployOf(value: string | undefined): DeployNote | undefined {
  const [release, run, state] = value?.split(' ') ?? [];
  if (release === undefined || run === undefined || (state !== 'started' && state !== 'done')) return undefined;
  return { release, run, state };
}
