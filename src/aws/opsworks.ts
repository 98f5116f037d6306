import * as sdk from '@aws-sdk/client-opsworks';
import type {
  App,
  Command,
  CreateInstanceCommandInput,
  CreateLayerCommandInput,
  Deployment,
  Instance,
  Layer,
  LoadBasedAutoScalingConfiguration,
} from '@aws-sdk/client-opsworks';
import { OperatorError } from '../errors.ts';
import type { Send, Sendable, Session } from './session.ts';

export type {
  App,
  Command,
  CreateInstanceCommandInput,
  CreateLayerCommandInput,
  Deployment,
  Instance,
  Layer,
  LoadBasedAutoScalingConfiguration,
};

/**
 * The OpsWorks requests that turnout sends. No response is paginated (OpsWorks API). Errors are `OperatorError`s:
 * `opsworks-refused` for a ValidationException, `opsworks-not-found` for a ResourceNotFoundException.
 */
export class OpsWorks {
  readonly #send: Send;

  constructor(session: Session) {
    const client = new sdk.OpsWorksClient(session.clientConfig());
    this.#send = session.connect('opsworks', client, translateOpsWorksError);
  }

  /** Id of the stack with this name or id. @throws OperatorError `no-such-stack` */
  async stackId(nameOrId: string): Promise<string> {
    const { Stacks = [] } = await this.#send(new sdk.DescribeStacksCommand({}));
    const found = Stacks.filter(({ StackId, Name }) => StackId === nameOrId || Name === nameOrId);
    if (found.length === 1) return found[0]?.StackId ?? '';
    const several = `There are ${found.length} OpsWorks stacks named ${nameOrId}.`;
    throw new OperatorError('no-such-stack', found.length > 1 ? several : `There is no OpsWorks stack ${nameOrId}.`, {
      next: ["Check `fleet.stack` in the config (a name, or the stack's id), the region and the account."],
    });
  }

  async layers(stack: string): Promise<readonly Layer[]> {
    const output = await this.#send(new sdk.DescribeLayersCommand({ StackId: stack }));
    return output.Layers ?? [];
  }

  /** All instances of a stack or of a layer; none when the layer does not exist. */
  async instances(where: { readonly StackId: string } | { readonly LayerId: string }): Promise<readonly Instance[]> {
    const output = await this.#find(new sdk.DescribeInstancesCommand(where));
    return output?.Instances ?? [];
  }

  /** None when the layer does not exist. */
  async tags(arn: string): Promise<Readonly<Record<string, string>>> {
    const output = await this.#find(new sdk.ListTagsCommand({ ResourceArn: arn }));
    return output?.Tags ?? {};
  }

  /** Adds tags or overwrites them. */
  async tag(arn: string, tags: Readonly<Record<string, string>>): Promise<void> {
    await this.#send(new sdk.TagResourceCommand({ ResourceArn: arn, Tags: tags }));
  }

  async scaling(layers: readonly string[]): Promise<readonly LoadBasedAutoScalingConfiguration[]> {
    if (layers.length === 0) return [];
    const command = new sdk.DescribeLoadBasedAutoScalingCommand({ LayerIds: [...layers] });
    const output = await this.#find(command);
    return output?.LoadBasedAutoScalingConfigurations ?? [];
  }

  async setScaling(scaling: sdk.SetLoadBasedAutoScalingCommandInput): Promise<void> {
    await this.#send(new sdk.SetLoadBasedAutoScalingCommand(scaling));
  }

  async createLayer(input: CreateLayerCommandInput): Promise<void> {
    await this.#send(new sdk.CreateLayerCommand(input));
  }

  async updateLayer(input: sdk.UpdateLayerCommandInput): Promise<void> {
    await this.#send(new sdk.UpdateLayerCommand(input));
  }

  /** Creates a stopped instance and returns its id. OpsWorks has no idempotency token: a second request creates a second instance. */
  async createInstance(input: CreateInstanceCommandInput): Promise<string> {
    return (await this.#send(new sdk.CreateInstanceCommand(input))).InstanceId ?? '';
  }

  async start(instance: string): Promise<void> {
    await this.#send(new sdk.StartInstanceCommand({ InstanceId: instance }));
  }

  async stop(instance: string): Promise<void> {
    await this.#send(new sdk.StopInstanceCommand({ InstanceId: instance }));
  }

  /** Deletes a stopped instance; a missing one is not an error. */
  async deleteInstance(instance: string): Promise<void> {
    await this.#send(new sdk.DeleteInstanceCommand({ InstanceId: instance })).catch(unlessGone);
  }

  /** Deletes an empty layer; a missing one is not an error. */
  async deleteLayer(layer: string): Promise<void> {
    await this.#send(new sdk.DeleteLayerCommand({ LayerId: layer })).catch(unlessGone);
  }

  async apps(stack: string): Promise<readonly App[]> {
    const output = await this.#send(new sdk.DescribeAppsCommand({ StackId: stack }));
    return output.Apps ?? [];
  }

  /** OpsWorks has no idempotency token: a second request starts a second deployment, so the session must send changes once. */
  async createDeployment(input: sdk.CreateDeploymentCommandInput): Promise<void> {
    await this.#send(new sdk.CreateDeploymentCommand(input));
  }

  /** Deployments of the stack, newest first. */
  async deployments(stack: string): Promise<readonly Deployment[]> {
    const command = new sdk.DescribeDeploymentsCommand({ StackId: stack });
    const { Deployments = [] } = await this.#send(command);
    return newestFirst(Deployments);
  }

  /** Commands sent to an instance, or of a deployment, newest first. */
  async commands(
    where: { readonly InstanceId: string } | { readonly DeploymentId: string },
  ): Promise<readonly Command[]> {
    const output = await this.#find(new sdk.DescribeCommandsCommand(where));
    return newestFirst(output?.Commands ?? []);
  }

  /** Messages of the service errors that OpsWorks recorded for an instance. */
  async serviceErrors(instance: string): Promise<readonly string[]> {
    const command = new sdk.DescribeServiceErrorsCommand({ InstanceId: instance });
    const { ServiceErrors = [] } = (await this.#find(command)) ?? {};
    return ServiceErrors.flatMap(({ Message }) => Message ?? []);
  }

  /** Undefined when the resource does not exist: it may have been deleted since it was listed. */
  async #find<Output>(command: Sendable<Output>): Promise<Output | undefined> {
    return this.#send(command).catch(unlessGone);
  }
}

/** Items created in the same second keep the order of the response, which is newest first. */
function newestFirst<T extends { readonly CreatedAt?: string | undefined }>(all: readonly T[]): readonly T[] {
  return all.toSorted((a, b) => (b.CreatedAt ?? '').localeCompare(a.CreatedAt ?? ''));
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof OperatorError) || error.code !== 'opsworks-not-found') throw error;
}

/** AWS ended the service on 26 May 2024 (OpsWorks API reference, Welcome). */
const SWITCHED_OFF =
  'AWS ended OpsWorks Stacks in May 2024: this kind of fleet works only with an emulator at `endpoint`, for example `turnout sandbox`.';

const AGAIN = 'Check the stack and `turnout status`, then run this again: it continues where it stopped.';

function translateOpsWorksError(error: OperatorError): OperatorError {
  const { cause, transient } = error;
  if (error.code === 'unreachable')
    return new OperatorError(error.code, error.message, { next: [SWITCHED_OFF, ...error.next], transient, cause });
  const { name, message } = (cause ?? {}) as { readonly name?: string; readonly message?: string };
  const options = { next: [AGAIN], cause };
  if (name === 'ValidationException')
    return new OperatorError('opsworks-refused', `OpsWorks rejected the request: ${message}.`, options);
  if (name === 'ResourceNotFoundException')
    return new OperatorError('opsworks-not-found', `OpsWorks did not find the resource: ${message}.`, options);
  return error;
}
