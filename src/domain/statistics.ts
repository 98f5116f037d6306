/** Whether one share of failed requests is really higher than another, or than a limit. */

/** Requests of one side, and how many of them failed. */
export interface Counts {
  readonly requests: number;
  readonly failed: number;
}

/** How often a gate may blame a release that is as good as the one before, over one whole bake. */
export const FALSE_ALARMS = 0.05;
/** Quantiles of the normal distribution: for half of the false alarms, and for finding what is to be found 4 times of 5. */
const Z_ALARM = 1.96;
const Z_FOUND = 0.8416;

/** The share of failed requests; 0 without any. */
export function failedShare({ requests, failed }: Counts): number {
  return requests === 0 ? 0 : failed / requests;
}

/**
 * What one of several looks at growing evidence may spend of the false alarms: half of them are for the last look, the others share
 * the rest, so that all of them together stay within the limit however often it is looked.
 * @param look of 1 to `looks`; a later one, after a bake that was prolonged, counts as the last
 */
export function spentAt(look: number, looks: number): number {
  return look >= looks ? FALSE_ALARMS / 2 : FALSE_ALARMS / 2 / (looks - 1);
}

/**
 * Fisher's exact test, one-sided: how probable it is, were both sides equally good, that of all these failures so many or more are
 * the first one's. Exact for counts of any size, and for sides of unequal size.
 */
export function probabilityOfMore(one: Counts, other: Counts): number {
  const all = one.requests + other.requests;
  const failed = one.failed + other.failed;
  const most = Math.min(failed, one.requests);
  const atOne = (k: number): number =>
    logChoose(one.requests, k) + logChoose(other.requests, failed - k) - logChoose(all, failed);
  let term = Math.exp(atOne(one.failed));
  let sum = term;
  for (let k = one.failed; k < most; k += 1) {
    term *= ((one.requests - k) / (k + 1)) * ((failed - k) / (other.requests - failed + k + 1));
    sum += term;
  }
  return Math.min(1, sum);
}

/** How probable it is that so many or more of the requests fail, were `share` the true one; 1 where no more failed than that. */
export function probabilityAbove({ requests, failed }: Counts, share: number): number {
  if (failed <= requests * share) return 1;
  const log = logChoose(requests, failed) + failed * Math.log(share) + (requests - failed) * Math.log1p(-share);
  let term = Math.exp(log);
  let sum = term;
  for (let k = failed; k < requests && term > sum * Number.EPSILON; k += 1) {
    term *= ((requests - k) / (k + 1)) * (share / (1 - share));
    sum += term;
  }
  return Math.min(1, sum);
}

/**
 * How many requests a release needs until a rise would be found 4 times of 5 (Fleiss, Statistical Methods for Rates and Proportions, with
 * the continuity correction that goes with the exact test).
 * @param share of the other side, as it was seen
 * @param rise that is to be found, as a part of 1
 * @param sides requests of the other side for each of this one; more of the other side than of this one saves nothing, since failures are so rare
 */
export function requestsNeeded(share: number, rise: number, sides: number): number {
  const ratio = Math.min(1, sides);
  const [p1, p2] = [share, Math.min(1, share + rise)];
  const d = p2 - p1;
  const p = (p2 + ratio * p1) / (1 + ratio);
  const plain =
    (Z_ALARM * Math.sqrt((ratio + 1) * p * (1 - p)) + Z_FOUND * Math.sqrt(ratio * p1 * (1 - p1) + p2 * (1 - p2))) ** 2 /
    (ratio * d * d);
  return Math.ceil((plain / 4) * (1 + Math.sqrt(1 + (2 * (ratio + 1)) / (plain * ratio * d))) ** 2);
}

/** The same where there is no other side, and a limit instead: until twice the limit would be found. */
export function requestsNeededAt(limit: number): number {
  const above = Math.min(1, 2 * limit);
  const spread = Z_ALARM * Math.sqrt(limit * (1 - limit)) + Z_FOUND * Math.sqrt(above * (1 - above));
  const plain = (spread / (above - limit)) ** 2;
  return Math.ceil((plain / 4) * (1 + Math.sqrt(1 + 2 / (plain * (above - limit)))) ** 2);
}

function logChoose(n: number, k: number): number {
  return k < 0 || k > n ? Number.NEGATIVE_INFINITY : logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** Stirling's series, which is exact to 1e-12 from 16 on (Abramowitz and Stegun, 6.1.41). */
function logFactorial(n: number): number {
  if (n < 16) {
    let product = 1;
    for (let k = 2; k <= n; k += 1) product *= k;
    return Math.log(product);
  }
  const x = n + 1;
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5);
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}
