import { execFile } from 'node:child_process';
import { lstat, mkdir, readdir, readlink, realpath } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Rejected } from './rejected.ts';

const execute = promisify(execFile);

/**
 * Unpacks with the system's `tar`, without a shell: it knows every compression that the system has, and its holes are closed by the
 * system's updates. What it wrote is then looked at, file by file, before anything may use it.
 * @throws Rejected for an archive that is broken, or that leads out of its folder
 */
export async function unpack(bundle: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { PATH } = process.env;
  // Without TAR_OPTIONS.
  const env = { ...(PATH !== undefined && { PATH }), LC_ALL: 'C' };
  const { stderr } = await execute('tar', ['-x', '-f', bundle, '-C', folder, '--no-same-owner'], { env }).catch(
    (error: unknown) => {
      throw failureOf(error);
    },
  );
  const absolute = /Removing leading [^\n]*/.exec(stderr);
  if (absolute !== null) throw new Rejected(`The bundle has absolute paths (tar: ${absolute[0]}).`);
  const root = await realpath(folder);
  const links = new Map<number, { readonly name: string; left: number }>();
  await checkFolder(root, root, links);
  for (const { name, left } of links.values()) {
    if (left > 0) throw new Rejected(`The bundle is not safe: ${name} is a hard link to a file outside of it.`);
  }
}

function failureOf(error: unknown): Error {
  const { code, stderr = '', message } = error as NodeJS.ErrnoException & { readonly stderr?: string };
  if (code === 'ENOENT') return new Error('The program tar was not found.');
  const said = stderr.trim() || message;
  return /no space left|quota exceeded/i.test(said)
    ? new Error(`The disk is full: ${said.split('\n')[0]}`)
    : new Rejected('The bundle cannot be unpacked.', said.split('\n').slice(-20));
}

type HardLinks = Map<number, { readonly name: string; left: number }>;

async function checkFolder(root: string, folder: string, links: HardLinks): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    const stats = await lstat(file);
    const shown = path.relative(root, file);
    if (stats.isDirectory()) await checkFolder(root, file, links);
    else if (stats.isSymbolicLink()) await checkLink(root, file, shown);
    else if (!stats.isFile()) throw new Rejected(`The bundle is not safe: ${shown} is a device, a pipe or a socket.`);
    else if ((stats.mode & SET_ID) !== 0)
      throw new Rejected(`The bundle is not safe: ${shown} would run as its owner.`);
    else if (stats.nlink > 1)
      links.set(stats.ino, { name: shown, left: (links.get(stats.ino)?.left ?? stats.nlink) - 1 });
  }
}

/** The bits setuid and setgid. */
const SET_ID = 0o6000;

/** One that leads nowhere could lead out once the folder has its name. */
async function checkLink(root: string, file: string, shown: string): Promise<void> {
  const to = await readlink(file);
  const real = path.isAbsolute(to) ? undefined : await realpath(file).catch(() => undefined);
  if (real !== undefined && (real === root || real.startsWith(`${root}${path.sep}`))) return;
  const where = real === undefined && !path.isAbsolute(to) ? 'leads nowhere' : 'leads out of it';
  throw new Rejected(`The bundle is not safe: the link ${shown} to ${to} ${where}.`);
}
