import type { Ec2, Image } from '../../aws/ec2.ts';
import type { Ssm } from '../../aws/ssm.ts';
import type { ImageConfig } from '../../config/config.ts';
import { dependsOnRelease, fillRelease } from '../../config/release.ts';
import { list } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';

/** The image's part of a launch request, and what describes it. */
export interface ChosenImage {
  readonly run: { readonly ImageId?: string | undefined };
  readonly summary: readonly string[];
}

/**
 * The image of a release.
 * @param architecture `x86_64`, `arm64`, ...; not asked of an image by a parameter
 * @throws OperatorError `no-such-image`, or `ambiguous-image` where a pattern may have matched those of other releases, or of several architectures
 */
export async function fromImage(
  ec2: Ec2,
  ssm: () => Promise<Ssm>,
  image: ImageConfig,
  release: string,
  architecture?: string,
): Promise<ChosenImage> {
  if (image.parameter !== undefined) {
    const name = fillRelease(image.parameter, release);
    const id = await (await ssm()).parameter(name);
    return { run: { ImageId: id }, summary: [`image ${id} (parameter ${name})`] };
  }
  const fields = fieldsOf(image);
  const filters = [
    ...fields.map(({ filter, pattern }) => ({ Name: filter, Values: [fillRelease(pattern, release)] })),
    ...(architecture === undefined ? [] : [{ Name: 'architecture', Values: [architecture] }]),
  ];
  const images = await ec2.images([...filters, { Name: 'state', Values: ['available'] }], [image.owner ?? 'self']);
  const newest = images.toSorted((a, b) => ((a.CreationDate ?? '') < (b.CreationDate ?? '') ? 1 : -1))[0];
  if (newest === undefined) throw noImage(filters);
  refuseGuess(fields, images, release);
  refuseSeveralArchitectures(filters, images);
  return { run: { ImageId: newest.ImageId }, summary: [describeImage(newest, images.length)] };
}

/** What is asked of an image, and how an image answers it. */
interface Field {
  readonly filter: string;
  readonly pattern: string;
  readonly of: (image: Image) => string | undefined;
}

function fieldsOf({ name, tag = {} }: ImageConfig): readonly Field[] {
  const tags = Object.entries(tag).map(([key, pattern]): Field => {
    return { filter: `tag:${key}`, pattern, of: ({ Tags = [] }) => Tags.find(({ Key }) => Key === key)?.Value };
  });
  return name === undefined ? tags : [{ filter: 'name', pattern: name, of: ({ Name }) => Name }, ...tags];
}

/** In a filter of EC2, * is any text and ? any character (EC2 user guide, filtering). */
const WILDCARDS = /[*?]+/g;
/** Where one may also match the rest of a longer release: 45 for 4. */
const BESIDE_RELEASE = /[*?]+(?=\{release\})|(?<=\{release\})[*?]+/g;

/** Which of several images a wildcard means, or whether the only one is of this release, must not be a guess. */
function refuseGuess(fields: readonly Field[], images: readonly Image[], release: string): void {
  const telling = fields.filter(({ pattern }) => dependsOnRelease(pattern));
  const isSure = telling.some(({ pattern }) => pattern.search(WILDCARDS) === -1);
  const doubtful = telling.find((field) => !isSure && isGuess(field, images, release));
  if (doubtful !== undefined) throw ambiguous(doubtful, images, release);
}

/** The newest may be of one that the instance type cannot run. */
function refuseSeveralArchitectures(filters: readonly Filter[], images: readonly Image[]): void {
  const found = [...new Set(images.map(({ Architecture }) => Architecture))];
  if (found.length < 2) return;
  throw new OperatorError(
    'ambiguous-image',
    `Images of the architectures ${list(found.map(String).toSorted())} have ${textOf(filters)}. Which of them is meant would be a guess.`,
    { next: ['Write the architecture into the name, or into a tag, under `fleet.image` in the config.'] },
  );
}

function valuesOf({ of }: Field, images: readonly Image[]): readonly string[] {
  return [...new Set(images.map((image) => of(image) ?? ''))].toSorted();
}

function isGuess(field: Field, images: readonly Image[], release: string): boolean {
  const strict = regexpOf(fillRelease(field.pattern.replaceAll(BESIDE_RELEASE, ''), release));
  const values = valuesOf(field, images);
  return values.length > 1 || !values.every((value) => strict.test(value));
}

function regexpOf(pattern: string): RegExp {
  const plain = pattern.replaceAll(/[.+^${}()|[\]\\/]/g, String.raw`\$&`);
  return new RegExp(`^${plain.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
}

function ambiguous(field: Field, images: readonly Image[], release: string): OperatorError {
  const values = valuesOf(field, images);
  const asked = `${field.filter} ${fillRelease(field.pattern, release)}`;
  const whole = field.pattern.replaceAll(WILDCARDS, '').replace(/[-_.]+$/, '');
  const message =
    values.length === 1
      ? `The only image with ${asked} is ${list(values)}, which may be of another release than ${release}.`
      : `Different images have ${asked}: ${list(values, 5)}. Which of them is release ${release} would be a guess.`;
  return new OperatorError('ambiguous-image', message, {
    next: [`Write it without a wildcard under \`fleet.image\` in the config: '${whole}'.`, BY_TAG],
  });
}

const BY_TAG =
  "Or give each image a tag with its release, and name it by that: `image: { tag: { Release: '{release}' } }`.";

interface Filter {
  readonly Name: string;
  readonly Values: string[];
}

function textOf(filters: readonly Filter[]): string {
  return filters.map(({ Name, Values }) => `${Name} ${Values.join()}`).join(' and ');
}

function noImage(filters: readonly Filter[]): OperatorError {
  return new OperatorError('no-such-image', `No available image has ${textOf(filters)}.`, {
    next: ['Check the release, and that its build created the image in this region and account.'],
  });
}

function describeImage(image: Image, matches: number): string {
  const others = matches > 1 ? `, the newest of ${matches} that match` : '';
  return `image ${image.ImageId} (${image.Name ?? 'no name'}${others})`;
}
