import { defined } from '../src/domain/defined.ts';
import type { Allowed } from '../src/domain/goal.ts';
import { flag, nameList, type OptionsOf } from './options.ts';

/** What can be allowed by name: each option allows that one thing. */
export const SHARED_GROUPS = {
  allowSharedTargetGroup: nameList({
    describe:
      'A target group that the config does not name, or that others lead to: it may lose these servers; may be given several times',
    example: 'shop-admin',
  }),
} as const;

export const UNKNOWN_RELEASE = {
  allowUnknownRelease: flag({
    describe: 'With `release.marker`: green may get production though it cannot be asked for its release',
  }),
} as const;

/** To be spread into a goal. */
export function allowedBy(options: Partial<OptionsOf<typeof SHARED_GROUPS & typeof UNKNOWN_RELEASE>>): {
  readonly allowed?: Allowed;
} {
  const { allowSharedTargetGroup: sharedGroups, allowUnknownRelease: unknownRelease } = options;
  const allowed = defined({ sharedGroups, unknownRelease });
  return Object.keys(allowed).length === 0 ? {} : { allowed };
}
