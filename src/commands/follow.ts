import { ownInstanceId } from '../aws/imds.ts';
import { systemClock } from '../clock.ts';
import { loadFollowConfig, type FollowConfig } from '../config/follow.ts';
import { ExitCode, messageOf } from '../errors.ts';
import { Disk } from '../follow/disk.ts';
import { Follower } from '../follow/follower.ts';
import { createHost } from '../follow/host.ts';
import { lockFolder } from '../follow/lock.ts';
import { createGuardian } from '../programs/guardian.ts';
import { readPublicKey } from '../releases/index.ts';
import { jsonLine } from '../views/json.ts';
import { openOut } from '../views/out.ts';
import type { Args } from './command.ts';
import { followReleases } from './release-bucket.ts';

/** It reports at least this often, or with each second look. */
const REPORT_MS = 60_000;

/** Follows the releases until SIGINT or SIGTERM. */
export async function follow(args: Args): Promise<ExitCode> {
  const config = loadFollowConfig({
    path: args['config'] as string | undefined,
    env: process.env,
    cwd: process.cwd(),
  });
  const instance = config.instance ?? (await ownInstanceId(process.env, 'Set `instance` in its config.'));
  const out = openOut(process.stdout);
  const tell = (message: string): void => {
    const now = systemClock.now();
    out.line(args['json'] === true ? jsonLine(followData(instance, message), now) : message);
  };
  using _lock = lockFolder(config.folder);
  const follower = await openFollower(config, instance, tell);
  const stopped = new AbortController();
  process.once('SIGINT', () => stopped.abort()).once('SIGTERM', () => stopped.abort());
  tell(`Following s3://${config.bucket}/${config.prefix} as ${instance}.`);
  await lookAgainAndAgain(follower, config, tell, stopped.signal);
  await out.flush();
  return ExitCode.done;
}

/** The lines of `follow --json`; docs/json.md describes them. */
export function followData(instance: string, message: string) {
  return { type: 'follow' as const, instance, message };
}

async function openFollower(config: FollowConfig, instance: string, tell: (line: string) => void): Promise<Follower> {
  const signedBy = await readPublicKey(config.publicKey);
  return new Follower({
    instance,
    bucket: followReleases(config, instance),
    disk: new Disk(config.folder),
    host: createHost(config, systemClock, createGuardian(5000)),
    clock: systemClock,
    keep: config.keep,
    withinMs: config.check.withinMs,
    everyMs: Math.max(REPORT_MS, 2 * config.pollMs),
    ...(signedBy !== undefined && { signedBy }),
    tell,
  });
}

/** Whatever fails is tried again at the next look: an instance that gives up would never hear of the repair. */
async function lookAgainAndAgain(
  follower: Follower,
  { pollMs }: FollowConfig,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let isStarted = false;
  let last = '';
  while (!signal.aborted) {
    try {
      if (!isStarted) await follower.start();
      isStarted = true;
      await follower.look();
      last = '';
    } catch (error) {
      const said = messageOf(error);
      if (said !== last) tell(`Trying again: ${said}`);
      last = said;
    }
    // By chance earlier, so that a fleet that was booted together does not ask together.
    await systemClock.sleep(pollMs * (0.5 + Math.random() / 2), signal).catch(() => undefined);
  }
}
