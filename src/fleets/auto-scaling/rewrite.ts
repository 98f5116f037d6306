/** Texts in policies that name the group, or its target group, name the clone and its own instead. Pure. */

/** What is replaced, and by what. */
export interface Renamed {
  readonly group: readonly [from: string, to: string];
  /** ARNs. Absent: it has none of its own. */
  readonly targetGroup?: readonly [from: string, to: string];
}

/** The same value, with other texts: dimensions, resource labels and expressions of metric math, wherever they are. */
export function rewritten<T>(value: T, renamed: Renamed): T {
  if (typeof value === 'string') return textFor(value, renamed) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => rewritten(one, renamed)) as T;
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, rewritten<unknown>(one, renamed)])) as T;
}

function textFor(text: string, { group: [from, to], targetGroup }: Renamed): string {
  const named = text === from ? to : text.replaceAll(`"${from}"`, `"${to}"`);
  return targetGroup === undefined ? named : named.replaceAll(labelOf(targetGroup[0]), labelOf(targetGroup[1]));
}

/** `targetgroup/shop-blue/0123456789abcdef`, as in resource labels and dimensions (API reference, PredefinedMetricSpecification). */
function labelOf(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}
