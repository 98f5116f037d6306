import { BESIDE } from './grave-case.ts';
import { HOLDS } from './grave-groups.ts';
import { PREPARES } from './grave-standby.ts';
import type { StepKind } from '../../src/steps/index.ts';

/** Kinds that take nothing from production, and give nothing to it: they wait, look or tag. */
export const HARMLESS = [
  'await-running',
  'await-healthy',
  'await-drained',
  'tag-share',
  'watch',
  'tag-alone',
  'bake',
  'set-ttl',
  'tag-lowered-ttl',
  'await-lowered-ttl',
  'await-insync',
  'await-dns-answers',
  'await-ttl',
  'check-green',
  'verify-green',
  'verify-release',
  'await-slow-start',
  'await-retention',
  'await-residual-traffic',
  'claim',
  'mark',
  'check-instances',
  'tag-release',
  'move-pointer',
  'tag-store-id',
  ...HOLDS,
  ...PREPARES,
  ...BESIDE,
] as const satisfies readonly StepKind[];
