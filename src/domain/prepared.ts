/** What a deploy in place changes of an Auto Scaling group while some of its instances are in Standby. */

/** Recorded on the group's tags before it is changed, so that any machine can put it back. */
export interface PreparedGroup {
  /** What the group's minimum is put back to. */
  readonly before: number;
  /** What it was set to: what is left in service while a batch is out. */
  readonly at: number;
  /** Processes that were suspended for it, in AWS's words; not those that were suspended before. */
  readonly paused: readonly string[];
  readonly run: string;
  /** ISO time. */
  readonly since: string;
  /** `user@host`. */
  readonly who: string;
}

const NONE = '-';

/** `3 2 AZRebalance 261127-1405-k3f9 2026-11-27T14:05:00.000Z ann@ci`, in the characters that a tag may have. */
export function preparedText({ before, at, paused, run, since, who }: PreparedGroup): string {
  const names = paused.length === 0 ? NONE : paused.join('+');
  return [before, at, names, run, since, who.replaceAll(/[^\p{L}\p{N} +\-=._:/@]/gu, '_')].join(' ').slice(0, 256);
}

export function preparedIn(text: string | undefined): PreparedGroup | undefined {
  const [, before, at, names, run, since, who] = /^(\d+) (\d+) (\S+) (\S+) (\S+) (.*)$/.exec(text ?? '') ?? [];
  if (names === undefined || run === undefined || since === undefined || who === undefined) return undefined;
  const paused = names === NONE ? [] : names.split('+');
  return { before: Number(before), at: Number(at), paused, run, since, who };
}
