import * as sdk from '@aws-sdk/client-auto-scaling';
import type { StartInstanceRefreshType } from '@aws-sdk/client-auto-scaling';
import type { Send, Session } from './session.ts';

/** The requests about instance refreshes. Errors are `OperatorError`s. */
export class Refreshes {
  readonly #send: Send;

  constructor(session: Session) {
    this.#send = session.connect('autoscaling', new sdk.AutoScalingClient(session.clientConfig()));
  }

  /** One at a time for each group: it takes no token by which a repeated request is known (API reference, StartInstanceRefresh). */
  async start(input: StartInstanceRefreshType): Promise<void> {
    await this.#send(new sdk.StartInstanceRefreshCommand(input));
  }

  /** Back to what the group launched from before; only while the refresh is under way (API reference, RollbackInstanceRefresh). */
  async rollBack(name: string): Promise<void> {
    await this.#send(new sdk.RollbackInstanceRefreshCommand({ AutoScalingGroupName: name }));
  }

  /** What is replaced already stays so (API reference, CancelInstanceRefresh). */
  async cancel(name: string): Promise<void> {
    await this.#send(new sdk.CancelInstanceRefreshCommand({ AutoScalingGroupName: name }));
  }
}
