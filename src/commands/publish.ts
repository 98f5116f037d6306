import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { systemClock } from '../clock.ts';
import { defined } from '../domain/defined.ts';
import { aboutConfig } from '../domain/shell.ts';
import { messageOf, OperatorError, type ExitCode } from '../errors.ts';
import type { Release } from '../releases/records.ts';
import { readPublicKey } from '../releases/index.ts';
import { checkMinisign, refuseUnsigned, signRelease } from '../releases/signature.ts';
import { jsonLine } from '../views/json.ts';
import type { Args } from './command.ts';
import { configOf, whoAmI } from './context.ts';
import { print } from './print.ts';
import { openReleases } from './release-bucket.ts';

/** S3 takes 5 GB in one request (S3 user guide, "Uploading objects"); it is kept in memory, so that it can be sent again. */
const BUNDLE_MAX = 1024 ** 3;

/** Uploads a release, and with `--current` moves the pointer to it. */
export async function publishRelease(args: Args, { release }: { readonly release: string }): Promise<ExitCode> {
  const config = configOf(args);
  if (config.deploy?.kind !== 'pull') throw noPull(config.file);
  const bytes = await readBundle(String(args['bundle']));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { prefix } = config.deploy;
  const bare = { release, sha256, size: bytes.length };
  const content: Release = { ...bare, ...defined({ signature: await signatureOf(args, bare, prefix) }) };
  const wanted = await readPublicKey(config.deploy.publicKey);
  if (args['signature'] !== undefined) checkMinisign(content, bytes, prefix, wanted);
  refuseUnsigned(content, prefix, wanted);
  const bucket = openReleases({ ...config, ...config.deploy }, 'publish');
  const uploaded = (await bucket.publish(content, bytes)) === 'release';
  const pointer = args['current'] === true ? await moveTo(bucket, content) : undefined;
  const data = publishedData({ release, sha256, size: bytes.length, uploaded, ...defined({ pointer }) });
  if (args['json'] === true) return print(jsonLine(data, systemClock.now()));
  const text = publishedText(data, bucket.name);
  const file = args['config'] as string | undefined;
  return print(file === undefined ? text : aboutConfig(text, file));
}

interface Published {
  readonly release: string;
  readonly sha256: string;
  readonly size: number;
  readonly uploaded: boolean;
  readonly pointer?: number;
}

/** The line of `publish --json`; docs/json.md describes it. */
export function publishedData(published: Published) {
  return { type: 'published' as const, ...published };
}

function publishedText({ release, sha256, uploaded, pointer }: Published, name: string): string {
  const what = uploaded ? `Release ${release} is in ${name}` : `Release ${release} was in ${name} already`;
  const next =
    pointer === undefined
      ? `\`turnout rolling --release ${release}\` deploys it.`
      : `New instances boot it (pointer ${pointer}); \`turnout rolling --release ${release}\` deploys it to those that run.`;
  return `${what}, with SHA-256 ${sha256}.\n${next}`;
}

async function moveTo(bucket: ReturnType<typeof openReleases>, content: Release): Promise<number> {
  const pointer = await bucket.pointer();
  const seen = pointer === 'same' ? undefined : pointer;
  if (seen?.value.sha256 === content.sha256 && seen.value.release === content.release) return seen.value.number;
  const at = new Date(systemClock.now()).toISOString();
  return (await bucket.movePointer(content, seen, { at, by: whoAmI() })).number;
}

async function readBundle(file: string): Promise<Buffer> {
  const size = await stat(file).then(
    (stats) => (stats.isFile() ? stats.size : 0),
    (error: unknown) => {
      throw unreadable('The bundle', file, messageOf(error));
    },
  );
  if (size === 0) throw unreadable('The bundle', file, 'it is empty, or not a file');
  if (size > BUNDLE_MAX) throw unreadable('The bundle', file, `it has ${size} bytes, and at most 1 GiB is uploaded`);
  return readFile(file);
}

/** Made here with a key, or before by minisign. */
async function signatureOf(args: Args, release: Release, prefix: string): Promise<string | undefined> {
  const [key, made] = [args['sign-with'], args['signature']] as (string | undefined)[];
  if (key !== undefined) return signRelease(release, prefix, await readText('The key', key));
  return made === undefined ? undefined : readText('The signature', made);
}

async function readText(what: string, file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(what, file, messageOf(error));
  });
}

function unreadable(what: string, file: string, why: string): OperatorError {
  return new OperatorError('file-unreadable', `${what} ${file} cannot be used: ${why}.`, {
    next: ['Check the path; `turnout publish --help` has an example.'],
  });
}

function noPull(file: string): OperatorError {
  return new OperatorError('no-pull', `${file} does not say where releases are published.`, {
    next: ['Add `deploy: { kind: pull, bucket: …, prefix: … }` to the config: docs/pull.md.'],
  });
}
