import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import type { Clock } from '../clock.ts';

/** Identifies a process across machines and over time. */
export interface ProcessIdentity {
  readonly host: string;
  /** Id of the boot of the machine. */
  readonly boot: string;
  /** The pid namespace: each container has its own. */
  readonly namespace: string;
  readonly pid: number;
  /** Start time, if the system provides it: a pid is reused, a pid with its start time is not. */
  readonly started?: string;
}

export interface Processes {
  identify(pid: number): ProcessIdentity;
  /** True only when the process has certainly ended: one that is not visible from here may be running. */
  hasEnded(identity: ProcessIdentity): boolean;
}

/**
 * The processes of this machine. Only a process with the same host name, boot and pid namespace can be reported as ended: for
 * any other the pid could belong to a running process.
 */
export function machineProcesses(clock: Clock): Processes {
  let own: { host: string; boot: string; namespace: string } | undefined;
  const identify = (pid: number): ProcessIdentity => {
    const started = statOf(pid)?.started;
    own ??= { host: hostname(), boot: bootId(clock), namespace: pidNamespace() };
    return started === undefined ? { ...own, pid } : { ...own, pid, started };
  };
  const hasEnded = (identity: ProcessIdentity): boolean => {
    const now = identify(identity.pid);
    if (now.host !== identity.host || now.boot !== identity.boot || now.namespace !== identity.namespace) return false;
    if (!exists(identity.pid) || statOf(identity.pid)?.zombie === true) return true;
    return identity.started !== undefined && now.started !== undefined && now.started !== identity.started;
  };
  return { identify, hasEnded };
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** proc(5): the fields after the command name, which is in parentheses and may contain any character. */
function statOf(pid: number): { started: string | undefined; zombie: boolean } | undefined {
  const stat = tryRead(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const STATE = 3;
  const START_TIME = 22;
  return { started: fields[START_TIME - STATE], zombie: fields[0] === 'Z' || fields[0] === 'X' };
}

/** Without a boot id, the boot time in units of 30 s. If the clock is changed, leases end by expiry only. */
function bootId(clock: Clock): string {
  const linux = tryRead(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
  return linux ?? `since ${Math.round((clock.now() / 1000 - uptime()) / 30)}`;
}

function pidNamespace(): string {
  return tryRead(() => readlinkSync('/proc/self/ns/pid')) ?? process.platform;
}

function tryRead(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
