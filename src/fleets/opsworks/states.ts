import type { Instance as OpsInstance } from '../../aws/opsworks.ts';
import type { Instance } from '../../domain/snapshot.ts';
import { toOwnInstance, type Ownership, type SeenInstance as Ec2Instance } from '../ec2/tags.ts';

/** What is known of an OpsWorks instance. EC2 tells whether the machine exists, OpsWorks whether it is ready. */
export interface SeenOpsInstance {
  readonly owner: Ownership;
  /** Release of its layer, which applies to instances without a tag of their own. */
  readonly release: string;
  readonly instance: OpsInstance;
  readonly ec2: Ec2Instance | undefined;
  /** The instances of its layer are being terminated. */
  readonly isEnding: boolean;
  /** Why its start or setup failed. */
  readonly failure?: string | undefined;
}

type State = Pick<Instance, 'state' | 'reason' | 'failed' | 'unstarted'>;

/** The id is that of EC2, or of OpsWorks before the instance was first started. */
export function fromOpsInstance({ owner, release, instance, ec2, isEnding, failure }: SeenOpsInstance): Instance {
  const known = ec2 === undefined ? undefined : toOwnInstance(owner, ec2);
  const { Ec2InstanceId, InstanceId = '', AvailabilityZone = '', InstanceType, CreatedAt } = instance;
  const bare: Instance = {
    id: Ec2InstanceId ?? InstanceId,
    zone: AvailabilityZone,
    state: 'pending',
    launchedAt: Date.parse(CreatedAt ?? '') || 0,
    ...(InstanceType === undefined ? {} : { type: InstanceType }),
  };
  const { reason: _reason, ...facts } = known ?? bare;
  return { release, ...facts, ...stateOf(instance, known, isEnding, failure) };
}

/** The instance was never started, or it lost its machine when it was stopped. */
export function isUnstarted({ Status, Ec2InstanceId }: OpsInstance): boolean {
  return Status === 'stopped' && Ec2InstanceId === undefined;
}

/** Statuses before and after `online` (OpsWorks user guide, instance lifecycle). */
const STARTING: ReadonlySet<string> = new Set(['requested', 'pending', 'booting', 'running_setup', 'rebooting']);
const ENDING: ReadonlySet<string> = new Set(['stopping', 'terminating', 'shutting_down', 'terminated']);
const FAILED: ReadonlySet<string> = new Set(['start_failed', 'setup_failed']);
/** EC2 states of a machine that no longer runs, whatever OpsWorks reports. */
const DOWN: ReadonlySet<string> = new Set(['stopping', 'stopped', 'shutting-down', 'terminated']);

function stateOf(
  { Status: status = '', Ec2InstanceId }: OpsInstance,
  known: Instance | undefined,
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
  if (known !== undefined && DOWN.has(known.state))
    return { state: known.state, reason: known.reason === undefined ? status : `${status}, ${known.reason}` };
  if (status === 'stop_failed') return { state: 'stopping', reason: status };
  return status === 'online' ? { state: 'running' } : { state: 'running', reason: status };
}
