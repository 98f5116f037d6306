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
 * The OpsWorks calls that turnout makes. Nothing is paged (aws-reference 3.2). Errors are `OperatorError`s: what OpsWorks does
 * not accept is `opsworks-refused`, what it does not know `opsworks-not-found`.
 */
export class OpsWorks {
  readonly #send: Send;
  readonly #sendOnce: () => Send;

  constructor(session: Session) {
    this.#send = translated(session.connect('opsworks', new OpsWorksClient(session.clientConfig())));
    let once: Send | undefined;
    const config = { ...session.clientConfig(), maxAttempts: 1 };
    this.#sendOnce = () => (once ??= translated(session.connect('opsworks', new OpsWorksClient(config))));
  }

  /** The stack's id by its name or id. @throws OperatorError `no-such-stack` */
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

  /** All instances of the stack, or of one layer of it; none when that layer is gone. */
  async instances(where: { readonly StackId: string } | { readonly LayerId: string }): Promise<readonly Instance[]> {
    const output = await this.#look<DescribeInstancesCommandOutput>(new DescribeInstancesCommand(where));
    return output?.Instances ?? [];
  }

  /** None when the layer is gone. */
  async tags(arn: string): Promise<Readonly<Record<string, string>>> {
    const output = await this.#look<ListTagsCommandOutput>(new ListTagsCommand({ ResourceArn: arn }));
    return output?.Tags ?? {};
  }

  /** Adds tags or overwrites them. */
  async tag(arn: string, tags: Readonly<Record<string, string>>): Promise<void> {
    await this.#send(new TagResourceCommand({ ResourceArn: arn, Tags: tags }));
  }

  async scaling(layers: readonly string[]): Promise<readonly LoadBasedAutoScalingConfiguration[]> {
    if (layers.length === 0) return [];
    const command = new DescribeLoadBasedAutoScalingCommand({ LayerIds: [...layers] });
    const output = await this.#look<DescribeLoadBasedAutoScalingCommandOutput>(command);
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

  /** Makes an instance that is stopped, and returns its id. OpsWorks has no token that would keep a second request from making a second one. */
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

  /** Deletes an instance that is stopped; one that is gone already is no error. */
  async deleteInstance(instance: string): Promise<void> {
    await this.#send(new DeleteInstanceCommand({ InstanceId: instance })).catch(unlessGone);
  }

  /** Deletes a layer that is empty; one that is gone already is no error. */
  async deleteLayer(layer: string): Promise<void> {
    await this.#send(new DeleteLayerCommand({ LayerId: layer })).catch(unlessGone);
  }

  async apps(stack: string): Promise<readonly App[]> {
    const output = await this.#send<DescribeAppsCommandOutput>(new DescribeAppsCommand({ StackId: stack }));
    return output.Apps ?? [];
  }

  /** Sent once only: OpsWorks has no token that would keep a second request from starting a second deployment. */
  async createDeployment(input: CreateDeploymentCommandInput): Promise<void> {
    await this.#sendOnce()(new CreateDeploymentCommand(input));
  }

  /** Of the stack, the newest first. */
  async deployments(stack: string): Promise<readonly Deployment[]> {
    const command = new DescribeDeploymentsCommand({ StackId: stack });
    const { Deployments = [] } = await this.#send<DescribeDeploymentsCommandOutput>(command);
    return newestFirst(Deployments);
  }

  /** What an instance was told to do, the newest first. */
  async commandsOf(instance: string): Promise<readonly Command[]> {
    return this.#commands({ InstanceId: instance });
  }

  /** What a deployment told its instances to do. */
  async commandsIn(deployment: string): Promise<readonly Command[]> {
    return this.#commands({ DeploymentId: deployment });
  }

  async #commands(
    where: { readonly InstanceId: string } | { readonly DeploymentId: string },
  ): Promise<readonly Command[]> {
    const output = await this.#look<DescribeCommandsCommandOutput>(new DescribeCommandsCommand(where));
    return newestFirst(output?.Commands ?? []);
  }

  /** Why OpsWorks itself has failed with an instance. */
  async serviceErrors(instance: string): Promise<readonly string[]> {
    const command = new DescribeServiceErrorsCommand({ InstanceId: instance });
    const { ServiceErrors = [] } = (await this.#look<DescribeServiceErrorsCommandOutput>(command)) ?? {};
    return ServiceErrors.flatMap(({ Message }) => Message ?? []);
  }

  /** Between two requests somebody may delete what the second one is about. */
  async #look<Output>(command: object): Promise<Output | undefined> {
    return this.#send<Output>(command).catch(unlessGone);
  }
}

/** Those of one second stay in the order in which OpsWorks tells them, which is the newest first. */
function newestFirst<T extends { readonly CreatedAt?: string | undefined }>(all: readonly T[]): readonly T[] {
  return all.toSorted((a, b) => (b.CreatedAt ?? '').localeCompare(a.CreatedAt ?? ''));
}

function translated(send: Send): Send {
  return async (command) =>
    send<never>(command).catch((error: unknown) => {
      throw inOurWords(error);
    });
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof OperatorError) || error.code !== 'opsworks-not-found') throw error;
}

/** The service is switched off (aws-reference 3.1): whoever doesn't reach it is told so. */
const SWITCHED_OFF =
  'AWS switched OpsWorks Stacks off in May 2024: this kind of fleet needs a stand-in, such as `turnout sandbox`, at `endpoint`.';

function inOurWords(error: unknown): unknown {
  if (!(error instanceof OperatorError)) return error;
  if (error.code === 'unreachable')
    return new OperatorError(error.code, error.message, {
      next: [SWITCHED_OFF, ...error.next],
      transient: error.transient,
      cause: error.cause,
    });
  const { name, message } = (error.cause ?? {}) as { readonly name?: string; readonly message?: string };
  if (name === 'ValidationException')
    return new OperatorError('opsworks-refused', `OpsWorks did not accept the request: ${message}.`, {
      next: ['Look at the stack and at `turnout status`, then run this again: it goes on where it stopped.'],
      cause: error.cause,
    });
  if (name === 'ResourceNotFoundException')
    return new OperatorError('opsworks-not-found', `OpsWorks does not know it: ${message}.`, {
      next: ['Look at `turnout status`, then run this again: it goes on where it stopped.'],
      cause: error.cause,
    });
  return error;
}
