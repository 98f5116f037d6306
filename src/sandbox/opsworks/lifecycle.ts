import type { RebootInstanceRequest, StartInstanceRequest, StopInstanceRequest } from '@aws-sdk/client-opsworks';
import type { HostedMachine } from '../instances/index.ts';
import { messageOf } from '../../errors.ts';
import { finishCommand, startCommand } from './commands.ts';
import { addServiceError } from './service-errors.ts';
import { validationException } from './errors.ts';
import {
  launchEc2Instance,
  terminateEc2Instance,
  revisionOf,
  startEc2Instance,
  stopEc2Instance,
} from './ec2-instances.ts';
import { instanceOf, layerOf, type OpsInstance, type OpsWorksState, type OpsInstanceStatus } from './state.ts';

/** The status changes of an instance (OpsWorks user guide, "Starting, Stopping, and Rebooting"). */

/** Shares of the boot time in the first two statuses; the rest is `booting`. */
const SHARES = { requested: 0.1, pending: 0.3 };

function setStatus(
  state: OpsWorksState,
  id: string,
  status: OpsInstanceStatus,
  facts: Partial<OpsInstance> = {},
): OpsInstance | undefined {
  const instance = state.instancesById.get(id);
  if (instance === undefined) return undefined;
  const next = { ...instance, ...facts, status };
  state.instancesById.set(id, next);
  return next;
}

/** Calls `next` after a delay if the instance still has this status. */
function afterDelay(
  state: OpsWorksState,
  id: string,
  ms: number,
  status: OpsInstanceStatus,
  next: (instance: OpsInstance) => void,
): void {
  state.scheduler.after(ms, () => {
    const instance = state.instancesById.get(id);
    if (instance?.status === status) next(instance);
  });
}

export function startInstance(state: OpsWorksState, { InstanceId }: StartInstanceRequest): object {
  const { id, status } = instanceOf(state, InstanceId);
  if (status !== 'stopped' && status !== 'start_failed')
    throw validationException(`The instance is ${status}, not stopped`);
  start(state, id);
  return {};
}

function start(state: OpsWorksState, id: string): void {
  setStatus(state, id, 'requested');
  afterDelay(state, id, state.times.bootMs * SHARES.requested, 'requested', (instance) => boot(state, instance));
}

function boot(state: OpsWorksState, instance: OpsInstance): void {
  const { id } = instance;
  const bootMs = state.times.bootMs * (1 - SHARES.requested);
  try {
    if (state.outcomes.next('start', instance.ec2).fails) throw new Error('EC2 has no capacity for the instance type');
    const kept = instance.ec2 !== undefined && state.instances.find(instance.ec2)?.state === 'stopped';
    if (kept) startEc2Instance(state, instance.ec2);
    setStatus(state, id, 'pending', { ec2: kept ? instance.ec2 : launchEc2Instance(state, instance, bootMs) });
  } catch (error) {
    // EC2's error: no capacity, or no such image.
    addServiceError(state, instance, messageOf(error));
    return void setStatus(state, id, 'start_failed');
  }
  afterDelay(state, id, bootMs * SHARES.pending, 'pending', ({ ec2 = '' }) => {
    setStatus(state, id, 'booting');
    if (state.instances.find(ec2)?.state === 'running') setup(state, id);
  });
}

/** Runs Setup and Deploy: an instance is online once both have succeeded. */
function setup(state: OpsWorksState, id: string): void {
  const { fails, ms = state.times.setupMs } = state.outcomes.next('setup', state.instancesById.get(id)?.ec2);
  setStatus(state, id, 'running_setup');
  const command = startCommand(state, id, 'setup');
  afterDelay(state, id, ms, 'running_setup', (instance) => {
    void finishSetup(state, instance, command, fails);
  });
}

async function finishSetup(
  state: OpsWorksState,
  instance: OpsInstance,
  command: string,
  fails: boolean,
): Promise<void> {
  const { id, ec2 = '' } = instance;
  const revision = revisionOf(state, instance);
  const wrong = revision !== undefined && state.instances.find(ec2)?.release !== revision;
  if (!fails && wrong) await state.instances.deploy(ec2, revision, 0);
  finishCommand(state, command, fails ? 'failed' : 'successful', `setup of ${revision ?? 'the image'}`);
  if (state.instancesById.get(id)?.status === 'running_setup') setStatus(state, id, fails ? 'setup_failed' : 'online');
}

const STOPPED: ReadonlySet<OpsInstanceStatus> = new Set([
  'stopped',
  'stopping',
  'terminating',
  'shutting_down',
  'terminated',
]);

/** Succeeds without effect for an instance that is stopped or stopping. */
export function stopInstance(state: OpsWorksState, { InstanceId }: StopInstanceRequest): object {
  const { id, status, ec2 } = instanceOf(state, InstanceId);
  if (STOPPED.has(status)) return {};
  if (ec2 === undefined) setStatus(state, id, 'stopped');
  else shutDownLater(state, id);
  return {};
}

function shutDownLater(state: OpsWorksState, id: string): void {
  const { fails, ms = state.times.shutdownMs } = state.outcomes.next('shutdown', state.instancesById.get(id)?.ec2);
  setStatus(state, id, 'terminating');
  afterDelay(state, id, ms / 2, 'terminating', () => {
    setStatus(state, id, 'shutting_down');
    afterDelay(state, id, ms / 2, 'shutting_down', () => {
      if (fails) setStatus(state, id, 'stop_failed');
      else shutDown(state, id);
    });
  });
}

/** Stops an EBS-backed EC2 instance, terminates any other (OpsWorks user guide, "Stopping an Instance"). */
function shutDown(state: OpsWorksState, id: string): void {
  const { settings, ec2 = '' } = instanceOf(state, id);
  setStatus(state, id, 'terminated');
  if (settings.RootDeviceType === 'ebs') stopEc2Instance(state, ec2);
  else terminateEc2Instance(state, ec2);
  stopWhenHostEnded(state, id);
}

/** Sets the status to `stopped` once the EC2 instance is stopped or terminated. */
function stopWhenHostEnded(state: OpsWorksState, id: string): void {
  const { ec2, status } = instanceOf(state, id);
  const host = ec2 === undefined ? undefined : state.instances.find(ec2)?.state;
  if (status !== 'terminated' || (host !== undefined && host !== 'stopped' && host !== 'terminated')) return;
  setStatus(state, id, 'stopped', host === 'stopped' ? {} : { ec2: undefined });
}

export function rebootInstance(state: OpsWorksState, { InstanceId }: RebootInstanceRequest): object {
  const { id, status, ec2 = '' } = instanceOf(state, InstanceId);
  if (status !== 'online') throw validationException(`The instance is ${status}, not online`);
  setStatus(state, id, 'rebooting');
  void state.instances.deploy(ec2, state.instances.find(ec2)?.release ?? '', state.times.bootMs).then(() => {
    if (state.instancesById.get(id)?.status === 'rebooting') setStatus(state, id, 'online');
  });
  return {};
}

/** Applies a state change of an EC2 instance to its OpsWorks instance. */
export function ec2Changed(state: OpsWorksState, machine: HostedMachine): void {
  const instance = state.instancesById.values().find(({ ec2 }) => ec2 === machine.id);
  if (instance === undefined) return;
  if (machine.state === 'running' && instance.status === 'booting') setup(state, instance.id);
  stopWhenHostEnded(state, instance.id);
  const ended = machine.state !== 'running' && machine.state !== 'pending';
  if (ended && (instance.status === 'online' || instance.status === 'setup_failed')) loseConnection(state, instance.id);
}

/** The agent is not reachable: auto healing replaces the instance if all of its layers enable it (OpsWorks user guide, "Auto Healing"). */
function loseConnection(state: OpsWorksState, id: string): void {
  setStatus(state, id, 'connection_lost');
  afterDelay(state, id, state.times.healMs, 'connection_lost', ({ settings, ec2 }) => {
    const heals = (settings.LayerIds ?? []).every((layer) => layerOf(state, layer).EnableAutoHealing === true);
    if (!heals) return;
    const kept = ec2 !== undefined && state.instances.find(ec2)?.state === 'stopped';
    setStatus(state, id, 'stopped', kept ? {} : { ec2: undefined });
    start(state, id);
  });
}
