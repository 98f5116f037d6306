import { validationError } from './errors.ts';

/** Cached, since every health check needs one. */
const compiled = new Map<string, (code: number) => boolean>();

/** Compiles a matcher of HTTP status codes, such as `200`, `200,202` or `200-299`. Throws `ValidationError`. */
export function statusMatcher(matcher: string): (code: number) => boolean {
  const known = compiled.get(matcher);
  if (known) return known;
  const ranges = matcher.split(',').map((part) => rangeOf(part, matcher));
  const test = (code: number): boolean => ranges.some(([low, high]) => code >= low && code <= high);
  compiled.set(matcher, test);
  return test;
}

/** ALB accepts 200 to 499 (ELBv2 API, CreateTargetGroup). */
function rangeOf(part: string, matcher: string): readonly [number, number] {
  const [low = NaN, high = low] = part.split('-').map(Number);
  const valid = /^\d{3}(?:-\d{3})?$/.test(part) && low >= 200 && high <= 499 && low <= high;
  if (!valid) throw validationError(`Health check matcher HTTP code '${matcher}' must be within '200-499' inclusive`);
  return [low, high];
}
