import { createHash } from 'node:crypto';
import { fillRelease } from '../../config/release.ts';
import { OperatorError } from '../../errors.ts';
import type { Ec2FleetOptions, Ec2Request } from './request.ts';
import { tagName } from './tags.ts';

/** What new servers run when they boot. No store gets to see it: a hash is pinned, and it is read again where it came from. */

/** As it is now, base64-encoded; undefined when there is none. */
export async function currentUserData(
  { ec2, config }: Ec2FleetOptions,
  { userData }: Pick<Ec2Request, 'userData'>,
  release: string,
): Promise<string | undefined> {
  if (userData === undefined) return undefined;
  if (userData === 'config') return Buffer.from(fillRelease(config.userData ?? '', release)).toString('base64');
  return ec2.userData(userData.from);
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * The user data as it was pinned, base64-encoded; undefined when there is none. Where the server that was cloned is gone, it is that of any
 * other one that has the same.
 * @throws OperatorError `user-data-changed`, `clone-source-gone`
 */
export async function readUserData(
  options: Ec2FleetOptions,
  request: Ec2Request,
  release: string,
): Promise<string | undefined> {
  const { userData, userDataHash: hash } = request;
  const [read] = await Promise.allSettled([currentUserData(options, request, release)]);
  if (read.status === 'fulfilled' && isPinned(read.value, hash)) return read.value;
  const from = typeof userData === 'object' ? userData.from : undefined;
  if (from !== undefined && (await isGone(options, from)))
    return hash === undefined ? undefined : onAnother(options, from, hash, release);
  if (read.status === 'rejected') throw read.reason;
  const what = from === undefined ? '`fleet.userData` in the config' : `The user data of ${from}`;
  throw new OperatorError(
    'user-data-changed',
    `${what} has changed since this launch began: the servers of one release would differ.`,
    { next: ['Put it back as it was, and run this again.', beginAnew(release)] },
  );
}

/** Without a hash there was none. */
function isPinned(data: string | undefined, hash: string | undefined): boolean {
  return hash === undefined || (data !== undefined && hashOf(data) === hash);
}

function beginAnew(release: string): string {
  return `\`turnout cleanup --discard --release ${release}\` terminates what was launched; then begin anew with \`turnout up\`.`;
}

async function isGone({ ec2 }: Ec2FleetOptions, id: string): Promise<boolean> {
  const states = await ec2.instancesById([id], ({ State }) => State?.Name);
  return states.every((state) => state === 'shutting-down' || state === 'terminated');
}

/** The other servers that were cloned, and those that were launched from it already, have the same. */
async function onAnother(
  { ec2, owner }: Ec2FleetOptions,
  from: string,
  hash: string,
  release: string,
): Promise<string> {
  const ours = { Name: `tag:${tagName(owner, 'environment')}`, Values: [owner.environment] };
  const there = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };
  for (const id of await ec2.instances([ours, there], ({ InstanceId = '' }) => InstanceId)) {
    const data = await ec2.userData(id);
    if (data !== undefined && isPinned(data, hash)) return data;
  }
  throw new OperatorError(
    'clone-source-gone',
    `${from}, whose user data the new servers were to get, is gone, and no other server has the same.`,
    { next: [beginAnew(release)] },
  );
}
