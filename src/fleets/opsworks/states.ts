import type { Instance as OpsInstance } from '../../aws/opsworks.ts';
import type { Instance } from '../../domain/snapshot.ts';
import { toOwnInstance, type Owner, type SeenInstance as Ec2Instance } from '../ec2/tags.ts';

/** An OpsWorks instance as the planner sees it. EC2 knows whether the machine is there, OpsWorks whether it is ready. */
export interface SeenOpsInstance {
  readonly owner: Owner;
  /** What its layer carries: so do those of its instances that have no tag of their own. */
  readonly release: string;
  readonly instance: OpsInstance;
  readonly ec2: Ec2Instance | undefined;
  /** Its layer's instances are being ended for good. */
  readonly isEnding: boolean;
  /** Why its start or its setup has failed, when it has. */
  readonly failure?: string | undefined;
}

type State = Pick<Instance, 'state' | 'reason' | 'failed' | 'unstarted'>;

/** It has an EC2 id once it was started; before that, its own is all there is. */
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

/** It was made, and never started; or it lost its machine when it was stopped. */
export function isUnstarted({ Status, Ec2InstanceId }: OpsInstance): boolean {
  return Status === 'stopped' && Ec2InstanceId === undefined;
}

/** Statuses on the way to `online`, and those on the way from it (aws-reference 3.4). */
const COMING: ReadonlySet<string> = new Set(['requested', 'pending', 'booting', 'running_setup', 'rebooting']);
const GOING: ReadonlySet<string> = new Set(['stopping', 'terminating', 'shutting_down', 'terminated']);
const FAILED: ReadonlySet<string> = new Set(['start_failed', 'setup_failed']);
/** EC2's states of a machine that is not there any more, whatever OpsWorks still says. */
const ENDED: ReadonlySet<string> = new Set(['stopping', 'stopped', 'shutting-down', 'terminated']);

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
  if (GOING.has(status)) return { state: 'shutting-down', reason: status };
  if (FAILED.has(status)) return { state: 'pending', reason: status, failed: failure ?? status };
  if (COMING.has(status)) return { state: 'pending', reason: status };
  if (known !== undefined && ENDED.has(known.state))
    return { state: known.state, reason: known.reason === undefined ? status : `${status}, ${known.reason}` };
  if (status === 'stop_failed') return { state: 'stopping', reason: status };
  return status === 'online' ? { state: 'running' } : { state: 'running', reason: status };
}
