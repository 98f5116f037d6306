import { defined } from '../domain/defined.ts';
import type { DeployNote, Instance, Membership } from '../domain/snapshot.ts';
import type { Notes } from './fleet.ts';

/** Notes on single instances as tags, for every kind of fleet. Names are without the prefix. */

/** Maximum length of a tag's value, in characters (EC2 user guide, tag restrictions). */
const VALUE_MAX = 256;

export interface TagChange {
  readonly write: Readonly<Record<string, string>>;
  /** Names of tags to remove; they may be absent. */
  readonly remove: readonly string[];
}

/**
 * The tags that hold the notes. A list of target groups may need several: `left`, `left.2`, ... with `group:port` separated by
 * spaces. A group's name has at most 32 letters, digits and hyphens (ELBv2 API, CreateTargetGroup).
 * @param tagCount number of `left` tags on the instances now; surplus ones are removed
 */
export function noteTags({ release, deploy, left }: Notes, tagCount = 1): TagChange {
  const values = packed(left);
  const write = {
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
