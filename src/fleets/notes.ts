import type { DeployNote, Instance, Membership } from '../domain/snapshot.ts';
import type { Notes } from './fleet.ts';

/** How what is noted on single instances is written into tags, for every kind of fleet. Names are without the prefix. */

/** EC2's own limit of a tag's value, in characters (EC2 user guide, tag restrictions). */
const VALUE_MAX = 256;
const LEFT = 'left';
const DEPLOY = 'deploy';

export interface TagChange {
  readonly write: Readonly<Record<string, string>>;
  /** Names of tags to take away; they may be absent. */
  readonly remove: readonly string[];
}

/**
 * The tags that hold the notes. A list of places may take several: `left`, `left.2`, ... with `group:port` by spaces; a
 * group's name is 32 characters at most, letters, digits and hyphens (ELBv2 API, CreateTargetGroup).
 */
export function noteTags({ release, deploy, left }: Notes, most = 1): TagChange {
  const values = left === undefined ? [] : packed(left.map(({ pool, port }) => `${pool}:${port}`));
  const write = {
    ...(release === undefined ? {} : { release }),
    ...(deploy === undefined ? {} : { [DEPLOY]: `${deploy.release} ${deploy.run} ${deploy.state}` }),
    ...Object.fromEntries(values.map((value, n) => [leftName(n), value])),
  };
  const stale =
    left === undefined
      ? []
      : Array.from({ length: Math.max(0, most - values.length) }, (_, n) => leftName(values.length + n));
  return { write, remove: stale };
}

/** So many tags the instance's list of places takes now. */
export function leftTags(instance: Instance): number {
  return instance.left === undefined ? 0 : packed(instance.left.map(({ pool, port }) => `${pool}:${port}`)).length;
}

/** What the tags note; `tag` gives the value of one by its name. */
export function readNotes(tag: (name: string) => string | undefined): Pick<Instance, 'left' | 'deploy'> {
  const left = leftOf(tag);
  const deploy = deployOf(tag(DEPLOY));
  return { ...(left.length === 0 ? {} : { left }), ...(deploy === undefined ? {} : { deploy }) };
}

function leftName(n: number): string {
  return n === 0 ? LEFT : `${LEFT}.${n + 1}`;
}

/** Joined with spaces into as few values as hold them. */
function packed(items: readonly string[]): readonly string[] {
  const values: string[] = [];
  for (const item of items) {
    const last = values.at(-1);
    if (last !== undefined && last.length + 1 + item.length <= VALUE_MAX) values[values.length - 1] = `${last} ${item}`;
    else values.push(item);
  }
  return values;
}

function leftOf(tag: (name: string) => string | undefined): readonly Membership[] {
  const places: Membership[] = [];
  for (let n = 0; ; n += 1) {
    const value = tag(leftName(n));
    if (value === undefined) return places;
    for (const item of value.split(' ')) {
      const [, pool, port] = /^([^:]+):(\d+)$/.exec(item) ?? [];
      if (pool !== undefined) places.push({ pool, port: Number(port) });
    }
  }
}

function deployOf(value: string | undefined): DeployNote | undefined {
  const [release, run, state] = value?.split(' ') ?? [];
  if (release === undefined || run === undefined || (state !== 'begun' && state !== 'done')) return undefined;
  return { release, run, state };
}
