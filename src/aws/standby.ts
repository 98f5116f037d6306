import * as sdk from '@aws-sdk/client-auto-scaling';
import { chunk } from './batches.ts';
import type { Send, Session } from './session.ts';

/** Limit of a request (Auto Scaling service quotas, EnterStandby and ExitStandby). */
const AT_ONCE = 20;

/** The Auto Scaling requests of deploys in place. Errors are `OperatorError`s. */
export class Standby {
  readonly #send: Send;

  constructor(session: Session) {
    this.#send = session.connect('autoscaling', new sdk.AutoScalingClient(session.clientConfig()));
  }

  /** Deregisters and drains them; the group's desired capacity is lowered by what they count for, so that it replaces none. */
  async enter(name: string, ids: readonly string[]): Promise<void> {
    for (const InstanceIds of chunk(ids, AT_ONCE)) {
      const own = { AutoScalingGroupName: name, InstanceIds, ShouldDecrementDesiredCapacity: true };
      await this.#send(new sdk.EnterStandbyCommand(own));
    }
  }

  /** Registers them again; the desired capacity is raised by what they count for. */
  async exit(name: string, ids: readonly string[]): Promise<void> {
    for (const InstanceIds of chunk(ids, AT_ONCE))
      await this.#send(new sdk.ExitStandbyCommand({ AutoScalingGroupName: name, InstanceIds }));
  }

  /** An empty list would mean all of them (API reference, SuspendProcesses). */
  async suspend(name: string, processes: readonly string[]): Promise<void> {
    if (processes.length === 0) return;
    const own = { AutoScalingGroupName: name, ScalingProcesses: [...processes] };
    await this.#send(new sdk.SuspendProcessesCommand(own));
  }

  async resume(name: string, processes: readonly string[]): Promise<void> {
    if (processes.length === 0) return;
    await this.#send(new sdk.ResumeProcessesCommand({ AutoScalingGroupName: name, ScalingProcesses: [...processes] }));
  }
}
