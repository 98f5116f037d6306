import { refusal, type Refusal } from '../domain/goal.ts';
import type { Instance } from '../domain/snapshot.ts';
import { count, list } from '../domain/text.ts';

/** Tags of one resource; those of AWS's own, `aws:`, do not count (EC2 user guide, tag restrictions). */
const TAGS_MAX = 50;

/** What a switch writes on the servers of both fleets. */
export const SWITCH_TAGS = ['promoted', 'current', 'share', 'store'];

/** The same, where a bake follows. */
export const BAKE_TAGS = [...SWITCH_TAGS, 'alone'];

export const ROLLING_TAGS = ['left', 'deploy', 'release', 'migrated', 'store'];

/** The same, where the pointer moves in the end. */
export const PULL_TAGS = [...ROLLING_TAGS, 'pointed'];

/** Why tags with these names, without the prefix, cannot be written on each of these instances. */
export function tagRoomProblem(instances: readonly Instance[], names: readonly string[]): Refusal | undefined {
  const tight = instances.flatMap(({ id, tags }) => {
    const missing = names.filter((name) => tags?.own.includes(name) === false);
    return tags === undefined || tags.count + missing.length <= TAGS_MAX ? [] : [{ id, tags, missing }];
  });
  const [first] = tight;
  if (first === undefined) return undefined;
  const { id, tags, missing } = first;
  const others = tight.length === 1 ? '' : `, and ${count(tight.length - 1, 'other instance')} have too many as well`;
  const surplus = tags.count + missing.length - TAGS_MAX;
  return refusal(
    'too-many-tags',
    `${id} has ${count(tags.count, 'tag')} of the ${TAGS_MAX} that AWS allows, and this needs ${missing.length} more (${list(missing)})${others}.`,
    `Remove ${count(surplus, 'tag')} from ${list(
      tight.map((one) => one.id),
      5,
    )}, for example with \`aws ec2 delete-tags --resources ${id} --tags Key=NAME\`; then run this again.`,
  );
}
