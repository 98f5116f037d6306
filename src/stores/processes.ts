import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import type { Clock } from '../clock.ts';

/** What tells one process from all others, of any machine and of any time. */
export interface ProcessIdentity {
  readonly host: string;
  /** One boot of one machine. */
  readonly boot: string;
  /** The space that `pid` counts in: containers of one machine have one each. */
  readonly namespace: string;
  readonly pid: number;
  /** When it started, where the system tells: a pid is given out again, a pid with its start is not. */
  readonly started?: string;
}

export interface Processes {
  identify(pid: number): ProcessIdentity;
  /** True only when the process is surely gone: a process that cannot be seen from here may well run. */
  isGone(identity: ProcessIdentity): boolean;
}

/**
 * The processes of this machine. That one is gone is only said of a process of the same host name, boot and pid namespace:
 * then nobody who runs could be meant, and a process that is gone sends no more requests.
 */
export function machineProcesses(clock: Clock): Processes {
  let own: { host: string; boot: string; namespace: string } | undefined;
  const identify = (pid: number): ProcessIdentity => {
    const started = statOf(pid)?.started;
    own ??= { host: hostname(), boot: bootId(clock), namespace: pidNamespace() };
    return started === undefined ? { ...own, pid } : { ...own, pid, started };
  };
  const isGone = (identity: ProcessIdentity): boolean => {
    const now = identify(identity.pid);
    if (now.host !== identity.host || now.boot !== identity.boot || now.namespace !== identity.namespace) return false;
    if (!exists(identity.pid) || statOf(identity.pid)?.zombie === true) return true;
    return identity.started !== undefined && now.started !== undefined && now.started !== identity.started;
  };
  return { identify, isGone };
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: there is one, of another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** proc(5): the fields after the command's name, which stands in brackets and may hold any character. */
function statOf(pid: number): { started: string | undefined; zombie: boolean } | undefined {
  const stat = tryRead(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const STATE = 3;
  const START_TIME = 22;
  return { started: fields[START_TIME - STATE], zombie: fields[0] === 'Z' || fields[0] === 'X' };
}

/** Where there is no boot id, the time of the boot has to do, in half minutes; a clock that was set only means a wait for the expiry. */
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
