import { OperatorError } from '../../errors.ts';
import { list } from '../../domain/text.ts';
import { quoted } from './yaml.ts';
import type { Question, ServerSeen } from './seen.ts';

/** Where the release of a server is written, and so what a new one boots from. Pure. */

/** In the order in which one is taken where all name the same release. */
export const RELEASE_SOURCES = ['image-name', 'image-tag', 'template', 'user-data'] as const;

export interface ReleaseSource {
  readonly kind: (typeof RELEASE_SOURCES)[number];
  readonly release: string;
  /** What it was read from, as a sentence. */
  readonly from: string;
  /** Keys of `fleet` in the config. */
  readonly lines: readonly string[];
}

/** What the servers say, and what is worth knowing, as sentences. */
export interface ReleasesSeen {
  readonly sources: readonly ReleaseSource[];
  readonly notes: readonly string[];
}

/** The part of a name that changes with each release: a date, a number, a version or a commit, the last one that there is. */
const RELEASE = /(?:\d{4}-?\d{2}-?\d{2}(?:[-T.]?\d{4,6})?|[0-9a-f]{7,40}|v?\d+(?:\.\d+)*)(?=[^0-9a-z]*$)/i;

/** `shop-41` is `shop-{release}` with the release 41; undefined where nothing in the name looks like one, or it is nothing else. */
export function patternOf(name: string): { readonly pattern: string; readonly release: string } | undefined {
  const found = RELEASE.exec(name);
  if (found === null || found.index === 0) return undefined;
  const [release] = found;
  return { pattern: `${name.slice(0, found.index)}{release}${name.slice(found.index + release.length)}`, release };
}

/** All places where this server's release is written. */
export function releasesIn(server: ServerSeen): ReleasesSeen {
  const script = inUserData(server);
  const found = [inImageName(server), inImageTags(server), inTemplate(server), script.source];
  return { sources: found.filter((one) => one !== undefined), notes: script.notes };
}

/**
 * The source to launch from: the one that was asked for; the first where all name one release; the one that names what production
 * answers with; undefined where there is none.
 * @param answered what looks like a release in production's answer
 * @throws OperatorError `usage` when there is none of that kind
 */
export function chooseSource(
  { sources }: ReleasesSeen,
  answered: readonly string[],
  wanted: string | undefined,
): ReleaseSource | Question | undefined {
  if (wanted !== undefined) {
    const found = sources.find(({ kind }) => kind === wanted);
    if (found !== undefined) return found;
    const there = sources.map(({ kind }) => kind);
    throw new OperatorError('usage', `--release-from ${wanted} is not where the server's release is written.`, {
      next: [there.length === 0 ? 'Nothing of it looks like a release.' : `There are: ${list(there)}.`],
    });
  }
  const proven = sources.filter(({ release }) => answered.includes(release));
  const likely = proven.length > 0 ? proven : sources;
  if (new Set(likely.map(({ release }) => release)).size < 2) return likely[0];
  const said = likely.map(({ kind, release }) => `${release} by ${kind}`);
  return {
    flag: 'release-from',
    asks: `Which is the release of a server: ${said.join(', ')}?`,
    among: likely.map(({ kind }) => kind),
  };
}

function inImageName({ id, image }: ServerSeen): ReleaseSource | undefined {
  const found = patternOf(image?.name ?? '');
  if (found === undefined) return undefined;
  return {
    kind: 'image-name',
    release: found.release,
    from: `${id} in production has the image ${image?.name}.`,
    lines: [`image: { name: ${quoted(found.pattern)} }`],
  };
}

const VALUE = /^[\w.+-]{1,128}$/;
const TAG = /^(?!aws:|turnout:)(?:.*[-_:./])?(?:release|version|revision|commit|sha|build)$/i;
/** Tags that tell images of one application from those of others. */
const COMPANION = /^(?:.*[-_:./])?(?:application|app|service|project|component)$/i;

function inImageTags({ id, image }: ServerSeen): ReleaseSource | undefined {
  const tags = Object.entries(image?.tags ?? {});
  const [key, release] = tags.find(([name, value]) => TAG.test(name) && VALUE.test(value)) ?? [];
  if (key === undefined || release === undefined) return undefined;
  const beside = tags.filter(([name]) => COMPANION.test(name));
  const pairs = [...beside, [key, '{release}'] as const].map(([name, value]) => `${quoted(name)}: ${quoted(value)}`);
  return {
    kind: 'image-tag',
    release,
    from: `${id} in production has an image with the tag ${key}=${release}.`,
    lines: [`image: { tag: { ${pairs.join(', ')} } }`],
  };
}

function inTemplate({ id, template }: ServerSeen): ReleaseSource | undefined {
  const description = template?.description ?? '';
  const whole = /\d/.test(description) && VALUE.test(description) && RELEASE.exec(description)?.[0] === description;
  const found = whole ? { pattern: '{release}', release: description } : patternOf(description);
  if (template === undefined || found === undefined) return undefined;
  return {
    kind: 'template',
    release: found.release,
    from: `${id} was launched from version ${template.version} of it, with the description ${JSON.stringify(description)}.`,
    lines: [`launchTemplate: { id: ${template.id}, versionDescription: ${quoted(found.pattern)} }`],
  };
}

const SET =
  /^([ \t]*(?:export[ \t]+)?(?:APP_|DEPLOY_|GIT_)?(?:RELEASE|VERSION|REVISION|COMMIT|SHA|BUILD)=)(["']?)([\w.+-]{1,128})\2[ \t]*$/m;
/** A script that has one is not copied into a file that is committed. */
const SECRET = /pass(?:word|wd|phrase)|secret|token|credential|private key|api[_-]?key|AKIA[0-9A-Z]{16}/i;

function inUserData({ id, userData = '' }: ServerSeen): {
  readonly source: ReleaseSource | undefined;
  readonly notes: readonly string[];
} {
  const found = SET.exec(userData);
  // It would be taken for the release's place.
  if (found === null || /(?<!\$)\{release\}/.test(userData)) return { source: undefined, notes: [] };
  const [all, before = '', quote = '', release = ''] = found;
  const from = `The user data of ${id} in production has ${all.trim()}`;
  if (SECRET.test(userData))
    return { source: undefined, notes: [`${from}, and what looks like a secret: it was not copied into this file.`] };
  const script =
    userData.slice(0, found.index) + before + quote + '{release}' + quote + userData.slice(found.index + all.length);
  const lines = script.replace(/\n+$/, '').split('\n');
  return {
    source: {
      kind: 'user-data',
      release,
      from: `${from}.`,
      lines: ['userData: |2', ...lines.map((line) => (line === '' ? '' : `  ${line}`))],
    },
    notes: [],
  };
}
