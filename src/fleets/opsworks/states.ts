import type { Instance as OpsInstance } from '../../aws/opsworks.ts';
import { defined } from '../../domain/defined.ts';
import type { Instance } from '../../domain/snapshot.ts';
import type { TaggedLayer } from './layers.ts';

type State = Pick<Instance, 'state' | 'reason' | 'failed' | 'unstarted'>;

/**
 * An instance of a fleet: EC2 tells whether the machine exists, OpsWorks whether it is ready. The id is that of EC2, or of
 * OpsWorks before the instance was first started.
 * @param machine as EC2 knows it; without a release tag of its own, that of the layer applies
 * @param failure why its start or setup failed
 */
export function fromOpsInstance(
  { release, isEnding }: TaggedLayer,
  instance: OpsInstance,
  machine: Instance | undefined,
  failure: string | undefined,
): Instance {
  const { Ec2InstanceId, InstanceId = '', AvailabilityZone = '', InstanceType, CreatedAt } = instance;
  const bare: Instance = {
    id: Ec2InstanceId ?? InstanceId,
    zone: AvailabilityZone,
    state: 'pending',
    launchedAt: Date.parse(CreatedAt ?? '') || 0,
    ...defined({ type: InstanceType }),
  };
  const { reason: _reason, ...facts } = machine ?? bare;
  return { ...defined({ release }), ...facts, ...stateOf(instance, machine, isEnding, failure) };
}

/** The instance was never started, or it lost its machine when it was stopped. */
export function isUnstarted({ Status, Ec2InstanceId }: OpsInstance): boolean {
  return Status === 'stopped' && Ec2InstanceId === undefined;
}

export function isStopped({ Status = '' }: OpsInstance): boolean {
  return Status === 'stopped' || Status === 'start_failed';
}

/** Neither stopped nor of use; its machine may exist no more. */
export function isLost({ Status = '' }: OpsInstance): boolean {
  return Status === 'connection_lost' || Status === 'setup_failed' || Status === 'stop_failed';
}

/** Statuses before and after `online` (OpsWorks user guide, instance lifecycle). */
const STARTING: ReadonlySet<string> = new Set(['requested', 'pending', 'booting', 'running_setup', 'rebooting']);
export const ENDING: ReadonlySet<string> = new Set(['stopping', 'terminating', 'shutting_down', 'terminated']);
const FAILED: ReadonlySet<string> = new Set(['start_failed', 'setup_failed']);
/** EC2 states of a machine that no longer runs, whatever OpsWorks reports. */
const DOWN: ReadonlySet<string> = new Set(['stopping', 'stopped', 'shutting-down', 'terminated']);

function stateOf(
  { Status: status = '', Ec2InstanceId }: OpsInstance,
  machine: Instance | undefined,
  isEnding: boolean,
  failure: string | undefined,
): State {
  if (status === 'stopped' || (status === 'start_failed' && isEnding)) {
    if (isEnding) return { state: 'terminated', reason: status };
    return Ec2InstanceId === undefined ? { state: 'stopped', unstarted: true } : { state: 'stopped' };
  }
  if (ENDING.has(status)) return { state: 'shutting-down', reason: status };
  if (FAILED.has(status)) return { state: 'pending', reason: status, failed: failure ?? status };
  if (STARTING.has(status)) return { state: 'pending', reason: status };
  if (machine !== undefined && DOWN.has(machine.state))
    return { state: machine.state, reason: machine.reason === undefined ? status : `${status}, ${machine.reason}` };
  if (status === 'stop_failed') return { state: 'stopping', reason: status };
  return status === 'online' ? { state: 'running' } : { state: 'running', reason: status };
}
