import type {
  InstanceStateChange,
  StartInstancesRequest,
  StartInstancesResult,
  StopInstancesRequest,
  StopInstancesResult,
  TerminateInstancesRequest,
  TerminateInstancesResult,
} from '@aws-sdk/client-ec2';
import { ApiError } from '../service.ts';
import { checkIds, ec2Error, INSTANCE } from './errors.ts';
import { stateShape } from './shapes.ts';
import type { Ec2State, InstanceRecord } from './state.ts';

/** Instances by id; throws if an id is malformed or unknown. */
export function recordsOf(state: Ec2State, ids: readonly string[] | undefined, lagMs = 0): readonly InstanceRecord[] {
  if (!ids?.length) throw ec2Error.missing('InstanceId');
  checkIds(ids, (id) => state.records.get(id, lagMs) !== undefined, INSTANCE);
  return [...new Set(ids)].map((id) => state.records.get(id, lagMs)!);
}

/**
 * Terminates instances. If one is protected, the request fails and no instance of its zone is terminated, while those of
 * other zones are (EC2 API, TerminateInstances).
 */
export function terminateInstances(state: Ec2State, input: TerminateInstancesRequest): TerminateInstancesResult {
  const records = recordsOf(state, input.InstanceIds);
  const kept = records.filter((record) => record.protected && record.machine.state !== 'terminated');
  const zones = new Set(kept.map((record) => record.machine.zone));
  const changes = records.filter((record) => !zones.has(record.machine.zone)).map((record) => terminate(state, record));
  const [first] = kept;
  if (first) {
    const message = `The instance '${first.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`;
    throw new ApiError('OperationNotPermitted', message);
  }
  return { TerminatingInstances: changes };
}

const ENDING: ReadonlySet<string> = new Set(['shutting-down', 'terminated']);

function terminate(state: Ec2State, record: InstanceRecord): InstanceStateChange {
  if (!ENDING.has(record.machine.state)) state.instances.terminate(record.id);
  return change(state, record);
}

function change(state: Ec2State, before: InstanceRecord): InstanceStateChange {
  const now = state.instances.find(before.id) ?? before.machine;
  return {
    InstanceId: before.id,
    PreviousState: stateShape(before.machine.state),
    CurrentState: stateShape(now.state),
  };
}

export function stopInstances(state: Ec2State, input: StopInstancesRequest): StopInstancesResult {
  const records = recordsOf(state, input.InstanceIds);
  refuseUnless(records, ['running', 'stopping', 'stopped'], 'stopped');
  for (const { id, machine } of records) if (machine.state === 'running') state.instances.stop(id);
  return { StoppingInstances: records.map((record) => change(state, record)) };
}

export function startInstances(state: Ec2State, input: StartInstancesRequest): StartInstancesResult {
  const records = recordsOf(state, input.InstanceIds);
  refuseUnless(records, ['stopped', 'pending', 'running'], 'started');
  for (const { id, machine } of records) if (machine.state === 'stopped') state.instances.start(id);
  return { StartingInstances: records.map((record) => change(state, record)) };
}

function refuseUnless(records: readonly InstanceRecord[], states: readonly string[], verb: string): void {
  const wrong = records.find((record) => !states.includes(record.machine.state));
  if (wrong) throw ec2Error.state(`The instance '${wrong.id}' is not in a state from which it can be ${verb}.`);
}
