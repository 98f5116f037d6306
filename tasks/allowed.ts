import type { Allowed } from '../src/domain/goal.ts';
import { nameList, type OptionsOf } from './options.ts';

/** What can be allowed by name: each option allows that one thing. */
export const SHARED_GROUPS = {
  allowSharedTargetGroup: nameList({
    describe:
      'A target group that the config does not name, or that others lead to: it may lose these servers; may be given several times',
    example: 'shop-admin',
  }),
} as const;

/** To be spread into a goal. */
export function allowedBy(options: Partial<OptionsOf<typeof SHARED_GROUPS>>): { readonly allowed?: Allowed } {
  const { allowSharedTargetGroup: sharedGroups } = options;
  return sharedGroups === undefined ? {} : { allowed: { sharedGroups } };
}
