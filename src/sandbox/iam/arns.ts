import { wildcard } from './wildcard.ts';

const PARTS = 6;

/** The parts of an ARN; the last keeps its colons. */
function partsOf(arn: string): readonly string[] {
  const all = arn.split(':');
  return [...all.slice(0, PARTS - 1), all.slice(PARTS - 1).join(':')];
}

/** Whether a pattern matches an ARN, each part by itself: no `*` reaches across a colon but in the last part. */
export function matchesArn(pattern: string, arn: string): boolean {
  if (pattern === '*') return true;
  const given = partsOf(arn);
  return partsOf(pattern).every((part, index) => wildcard(part)(given[index] ?? ''));
}
