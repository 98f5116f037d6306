import { defined } from '../src/domain/defined.ts';
import { refusal, type Allowed, type Refusal } from '../src/domain/goal.ts';
import { flag, nameList, reason, release, type OptionsOf } from './options.ts';

/** An assertion, for the verbs that know by themselves where production is to go. */
export const ITS_RELEASE = {
  release: release({ describe: 'The release that is to serve production; refused if it would be another one' }),
} as const;

/** It is not the release that was named. */
export function otherRelease(
  would: string,
  { release: wanted = would }: { readonly release?: string },
): Refusal | undefined {
  if (wanted === would) return undefined;
  return refusal(
    'other-release',
    `This would move production to ${would}, not ${wanted}.`,
    'Look at `turnout status`, or leave out --release.',
  );
}

/** What can be allowed by name: each option allows that one thing, and may be given several times. */

export const SHARED_GROUPS = {
  allowSharedTargetGroup: nameList({
    describe: 'A target group that the config does not name, or that others lead to: it may lose these servers',
    example: 'shop-admin',
  }),
} as const;

export const UNKNOWN_RELEASE = {
  allowUnknownRelease: flag({
    describe: 'With `release.marker`: green may get production though it cannot be asked for its release',
  }),
} as const;

export const SLOW_START = {
  allowSlowStart: flag({
    describe: 'Servers may leave while new ones are in the slow start of a target group, which ends it at once',
  }),
} as const;

export const OWNERS = {
  allowOwner: nameList({
    describe: 'An Auto Scaling group, fleet or cluster to which servers belong, and which may replace them',
    example: 'shop-web',
  }),
} as const;

export const FREEZE = {
  overrideFreeze: reason({
    describe: 'Go ahead in a closed time of `freeze`, for this reason, which is recorded',
    example: "'fix of the checkout'",
  }),
} as const;

export const ALARMS = {
  ignoreAlarm: nameList({
    describe: 'An alarm among the gates that judges nothing this time, and may be in ALARM',
    example: 'shop-5xx',
  }),
} as const;

export const SCHEMA = {
  overrideSchema: reason({
    describe: 'Go back although `schema` says that there is no way back, for this reason, which is recorded',
    example: "'read-only for now'",
  }),
} as const;

export type AllowOptions = Partial<
  OptionsOf<
    typeof SHARED_GROUPS &
      typeof UNKNOWN_RELEASE &
      typeof OWNERS &
      typeof SLOW_START &
      typeof FREEZE &
      typeof ALARMS &
      typeof SCHEMA
  >
>;

/** To be spread into a goal. */
export function allowedBy(options: AllowOptions): { readonly allowed?: Allowed } {
  const allowed = defined({
    sharedGroups: options.allowSharedTargetGroup,
    unknownRelease: options.allowUnknownRelease,
    owners: options.allowOwner,
    slowStart: options.allowSlowStart,
    freeze: options.overrideFreeze,
    alarms: options.ignoreAlarm,
    schema: options.overrideSchema,
  });
  return Object.keys(allowed).length === 0 ? {} : { allowed };
}
