/** Instance refreshes: an Auto Scaling group replaces its instances with those of another launch template version. */

/** A release, and what its instances are launched from, as `lt-0123 version 7`, or `lt-0123 version 7 with ami-1+ami-2`. */
export interface ReleaseOfTemplate {
  readonly release: string;
  readonly template: string;
}

/** A refresh that turnout has started. Recorded on the group's tags before it is. */
export interface RecordedRefresh {
  readonly from: ReleaseOfTemplate;
  readonly to: ReleaseOfTemplate;
  readonly run: string;
  /** ISO time. */
  readonly since: string;
  /** `user@host`. */
  readonly who: string;
}

/** The newest refresh of a group, as AWS describes it. */
export interface SeenRefresh {
  readonly id: string;
  /** AWS's word: `InProgress`, `Successful`. */
  readonly status: string;
  /** What it launches; absent where it was started without saying so. */
  readonly template?: string;
  readonly percent: number;
  /** Why it is in that state, in AWS's words. */
  readonly reason?: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** States of a refresh that has not ended (API reference, InstanceRefresh). */
const UNDER_WAY: ReadonlySet<string> = new Set(['Pending', 'InProgress', 'Baking', 'Cancelling', 'RollbackInProgress']);

export function isUnderWay(refresh: SeenRefresh | undefined): refresh is SeenRefresh {
  return refresh !== undefined && UNDER_WAY.has(refresh.status);
}

/** Until it is cancelled or rolled back, it goes towards its template. */
export function goesTo(refresh: SeenRefresh | undefined, template: string): boolean {
  return isUnderWay(refresh) && refresh.template === template && !/^(Cancelling|Rollback)/.test(refresh.status);
}

/** What instances of a template version are whose root volumes are of one of these images. */
export function withImages(template: string, images: readonly string[]): string {
  return images.length === 0 ? template : `${template} with ${[...new Set(images)].toSorted().join('+')}`;
}

export function imagesIn(text: string): readonly string[] {
  const [, images] = text.split(' with ');
  return images === undefined ? [] : images.split('+');
}

/** Whether an instance of that template version, whose root volume is of that image, is what the text says. */
export function isLaunchedFrom(text: string, template: string, image: string | undefined): boolean {
  const images = imagesIn(text);
  return text.split(' with ')[0] === template && (images.length === 0 || images.includes(image ?? ''));
}

/** Whether it replaces root volumes, and keeps the instances: their images tell them apart, and no version does. */
export function replacesVolumes({ to }: RecordedRefresh): boolean {
  return imagesIn(to.template).length > 0;
}

/** `41 lt-1/3 42 lt-1/4 261127-1405-k3f9 2026-11-27T14:05:00.000Z ann@ci`, with images `lt-1/3/ami-1+ami-2`, in the characters that a tag may have. */
export function refreshText({ from, to, run, since, who }: RecordedRefresh): string {
  const short = ({ release, template }: ReleaseOfTemplate): string =>
    `${release} ${template.replace(' version ', '/').replace(' with ', '/')}`;
  return [short(from), short(to), run, since, who.replaceAll(/[^\p{L}\p{N} +\-=._:/@]/gu, '_')].join(' ').slice(0, 256);
}

export function refreshIn(text: string | undefined): RecordedRefresh | undefined {
  const found = /^(\S+) ([^\s/]+\/\S+) (\S+) ([^\s/]+\/\S+) (\S+) (\S+) (.*)$/.exec(text ?? '');
  if (found === null) return undefined;
  const [, was = '', before = '', is = '', after = '', run = '', since = '', who = ''] = found;
  return {
    from: { release: was, template: templateIn(before) },
    to: { release: is, template: templateIn(after) },
    run,
    since,
    who,
  };
}

function templateIn(short: string): string {
  const [id = '', version = '', images] = short.split('/');
  return withImages(`${id} version ${version}`, images?.split('+') ?? []);
}
