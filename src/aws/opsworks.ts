import {
  CreateDeploymentCommand,
  CreateInstanceCommand,
  CreateLayerCommand,
  DeleteInstanceCommand,
  DeleteLayerCommand,
  DescribeAppsCommand,
  DescribeCommandsCommand,
  DescribeDeploymentsCommand,
  DescribeInstancesCommand,
  DescribeLayersCommand,
  DescribeLoadBasedAutoScalingCommand,
  DescribeServiceErrorsCommand,
  DescribeStacksCommand,
  ListTagsCommand,
  OpsWorksClient,
  SetLoadBasedAutoScalingCommand,
  StartInstanceCommand,
  StopInstanceCommand,
  TagResourceCommand,
  UpdateLayerCommand,
  type App,
  type Command,
  type CreateDeploymentCommandInput,
  type CreateInstanceCommandInput,
  type CreateInstanceCommandOutput,
  type CreateLayerCommandInput,
  type Deployment,
  type DescribeAppsCommandOutput,
  type DescribeCommandsCommandOutput,
  type DescribeDeploymentsCommandOutput,
  type DescribeInstancesCommandOutput,
  type DescribeLayersCommandOutput,
  type DescribeLoadBasedAutoScalingCommandOutput,
  type DescribeServiceErrorsCommandOutput,
  type DescribeStacksCommandOutput,
  type Instance,
  type Layer,
  type ListTagsCommandOutput,
  type LoadBasedAutoScalingConfiguration,
  type SetLoadBasedAutoScalingCommandInput,
  type UpdateLayerCommandInput,
} from '@aws-sdk/client-opsworks';
import { OperatorError } from '../errors.ts';
import type { Send, Session } from './session.ts';

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
  readonly #sendOnce: () => Send;

  constructor(session: Session) {
    this.#send = translatingErrors(session.connect('opsworks', new OpsWorksClient(session.clientConfig())));
    let once: Send | undefined;
    const config = { ...session.clientConfig(), maxAttempts: 1 };
    this.#sendOnce = () => (once ??= translatingErrors(session.connect('opsworks', new OpsWorksClient(config))));
  }

  /** Id of the stack with this name or id. @throws OperatorError `no-such-stack` */
  async stackId(nameOrId: string): Promise<string> {
    const { Stacks = [] } = await this.#send<DescribeStacksCommandOutput>(new DescribeStacksCommand({}));
    const found = Stacks.filter(({ StackId, Name }) => StackId === nameOrId || Name === nameOrId);
    if (found.length === 1) return found[0]?.StackId ?? '';
    const several = `There are ${found.length} OpsWorks stacks named ${nameOrId}.`;
    throw new OperatorError('no-such-stack', found.length > 1 ? several : `There is no OpsWorks stack ${nameOrId}.`, {
      next: ["Check `fleet.stack` in the config (a name, or the stack's id), the region and the account."],
    });
  }

  async layers(stack: string): Promise<readonly Layer[]> {
    const output = await this.#send<DescribeLayersCommandOutput>(new DescribeLayersCommand({ StackId: stack }));
    return output.Layers ?? [];
  }

  /** All instances of a stack or of a layer; none when the layer does not exist. */
  async instances(where: { readonly StackId: string } | { readonly LayerId: string }): Promise<readonly Instance[]> {
    const output = await this.#find<DescribeInstancesCommandOutput>(new DescribeInstancesCommand(where));
    return output?.Instances ?? [];
  }

  /** None when the layer does not exist. */
  async tags(arn: string): Promise<Readonly<Record<string, string>>> {
    const output = await this.#find<ListTagsCommandOutput>(new ListTagsCommand({ ResourceArn: arn }));
    return output?.Tags ?? {};
  }

  /** Adds tags or overwrites them. */
  async tag(arn: string, tags: Readonly<Record<string, string>>): Promise<void> {
    await this.#send(new TagResourceCommand({ ResourceArn: arn, Tags: tags }));
  }

  async scaling(layers: readonly string[]): Promise<readonly LoadBasedAutoScalingConfiguration[]> {
    if (layers.length === 0) return [];
    const command = new DescribeLoadBasedAutoScalingCommand({ LayerIds: [...layers] });
    const output = await this.#find<DescribeLoadBasedAutoScalingCommandOutput>(command);
    return output?.LoadBasedAutoScalingConfigurations ?? [];
  }

  async setScaling(scaling: SetLoadBasedAutoScalingCommandInput): Promise<void> {
    await this.#send(new SetLoadBasedAutoScalingCommand(scaling));
  }

  async createLayer(input: CreateLayerCommandInput): Promise<void> {
    await this.#send(new CreateLayerCommand(input));
  }

  async updateLayer(input: UpdateLayerCommandInput): Promise<void> {
    await this.#send(new UpdateLayerCommand(input));
  }

  /** Creates a stopped instance and returns its id. OpsWorks has no idempotency token: a second request creates a second instance. */
  async createInstance(input: CreateInstanceCommandInput): Promise<string> {
    const output = await this.#send<CreateInstanceCommandOutput>(new CreateInstanceCommand(input));
    return output.InstanceId ?? '';
  }

  async start(instance: string): Promise<void> {
    await this.#send(new StartInstanceCommand({ InstanceId: instance }));
  }

  async stop(instance: string): Promise<void> {
    await this.#send(new StopInstanceCommand({ InstanceId: instance }));
  }

  /** Deletes a stopped instance; a missing one is not an error. */
  async deleteInstance(instance: string): Promise<void> {
    await this.#send(new DeleteInstanceCommand({ InstanceId: instance })).catch(unlessGone);
  }

  /** Deletes an empty layer; a missing one is not an error. */
  async deleteLayer(layer: string): Promise<void> {
    await this.#send(new DeleteLayerCommand({ LayerId: layer })).catch(unlessGone);
  }

  async apps(stack: string): Promise<readonly App[]> {
    const output = await this.#send<DescribeAppsCommandOutput>(new DescribeAppsCommand({ StackId: stack }));
    return output.Apps ?? [];
  }

  /** Never retried: OpsWorks has no idempotency token, so a second request would start a second deployment. */
  async createDeployment(input: CreateDeploymentCommandInput): Promise<void> {
    await this.#sendOnce()(new CreateDeploymentCommand(input));
  }

  /** Deployments of the stack, newest first. */
  async deployments(stack: string): Promise<readonly Deployment[]> {
    const command = new DescribeDeploymentsCommand({ StackId: stack });
    const { Deployments = [] } = await this.#send<DescribeDeploymentsCommandOutput>(command);
    return newestFirst(Deployments);
  }

  /** Commands sent to an instance, newest first. */
  async commandsOf(instance: string): Promise<readonly Command[]> {
    return this.#commands({ InstanceId: instance });
  }

  /** Commands of a deployment, newest first. */
  async commandsIn(deployment: string): Promise<readonly Command[]> {
    return this.#commands({ DeploymentId: deployment });
  }

  async #commands(
    where: { readonly InstanceId: string } | { readonly DeploymentId: string },
  ): Promise<readonly Command[]> {
    const output = await this.#find<DescribeCommandsCommandOutput>(new DescribeCommandsCommand(where));
    return newestFirst(output?.Commands ?? []);
  }

  /** Messages of the service errors that OpsWorks recorded for an instance. */
  async serviceErrors(instance: string): Promise<readonly string[]> {
    const command = new DescribeServiceErrorsCommand({ InstanceId: instance });
    const { ServiceErrors = [] } = (await this.#find<DescribeServiceErrorsCommandOutput>(command)) ?? {};
    return ServiceErrors.flatMap(({ Message }) => Message ?? []);
  }

  /** Undefined when the resource does not exist: it may have been deleted since it was listed. */
  async #find<Output>(command: object): Promise<Output | undefined> {
    return this.#send<Output>(command).catch(unlessGone);
  }
}

/** Items created in the same second keep the order of the response, which is newest first. */
function newestFirst<T extends { readonly CreatedAt?: string | undefined }>(all: readonly T[]): readonly T[] {
  return all.toSorted((a, b) => (b.CreatedAt ?? '').localeCompare(a.CreatedAt ?? ''));
}

function translatingErrors(send: Send): Send {
  return async (command) =>
    send<never>(command).catch((error: unknown) => {
      throw translateOpsWorksError(error);
    });
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof OperatorError) || error.code !== 'opsworks-not-found') throw error;
}

/** AWS ended the service on 26 May 2024 (OpsWorks API reference, Welcome). */
const SWITCHED_OFF =
  'AWS ended OpsWorks Stacks in May 2024: this kind of fleet works only with an emulator at `endpoint`, for example `turnout sandbox`.';

function translateOpsWorksError(error: unknown): unknown {
  if (!(error instanceof OperatorError)) return error;
  if (error.code === 'unreachable')
    return new OperatorError(error.code, error.message, {
      next: [SWITCHED_OFF, ...error.next],
      transient: error.transient,
      cause: error.cause,
    });
  const { name, message } = (error.cause ?? {}) as { readonly name?: string; readonly message?: string };
  if (name === 'ValidationException')
    return new OperatorError('opsworks-refused', `OpsWorks rejected the request: ${message}.`, {
      next: ['Check the stack and `turnout status`, then run this again: it continues where it stopped.'],
      cause: error.cause,
    });
  if (name === 'ResourceNotFoundException')
    return new OperatorError('opsworks-not-found', `OpsWorks did not find the resource: ${message}.`, {
      next: ['Check `turnout status`, then run this again: it continues where it stopped.'],
      cause: error.cause,
    });
  return error;
}
