import {
  CancelCommandCommand,
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  GetParameterCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SendCommandCommand,
  SSMClient,
  type Command,
  type CommandInvocation,
  type DescribeInstanceInformationCommandOutput,
  type GetCommandInvocationCommandOutput,
  type GetParameterCommandOutput,
  type ListCommandInvocationsCommandOutput,
  type ListCommandsCommandOutput,
  type SendCommandCommandInput,
  type SendCommandCommandOutput,
} from '@aws-sdk/client-ssm';
import { OperatorError } from '../errors.ts';
import { chunk } from './batches.ts';
import type { Send, Session } from './session.ts';

export type { Command, CommandInvocation };

/** Instances a SendCommand, and ids a filter of DescribeInstanceInformation (SSM API). */
export const COMMAND_INSTANCES = 50;

/** The few SSM calls that turnout makes. Errors are `OperatorError`s. */
export class Ssm {
  readonly #send: Send;
  readonly #sendOnce: () => Send;

  constructor(session: Session) {
    this.#send = session.connect('ssm', new SSMClient(session.clientConfig()));
    let once: Send | undefined;
    this.#sendOnce = () =>
      (once ??= session.connect('ssm', new SSMClient({ ...session.clientConfig(), maxAttempts: 1 })));
  }

  /** The parameter's value; rejects when there is no such parameter. */
  async parameter(name: string): Promise<string> {
    const request = new GetParameterCommand({ Name: name });
    const output = await this.#send<GetParameterCommandOutput>(request).catch((error: unknown) => {
      throw withName(error, name);
    });
    return output.Parameter?.Value ?? '';
  }

  /** @throws OperatorError `no-such-document` */
  async checkDocument(name: string): Promise<void> {
    await this.#send(new DescribeDocumentCommand({ Name: name })).catch((error: unknown) => {
      throw isNamed(error, 'InvalidDocument') ? noDocument(name, error) : error;
    });
  }

  /** Those of the instances that SSM can reach now: their agent is online. */
  async online(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const pages = chunk(ids, COMMAND_INSTANCES).map(async (Values) => {
      const found: string[] = [];
      let token: string | undefined;
      do {
        const page: DescribeInstanceInformationCommandOutput = await this.#send(
          new DescribeInstanceInformationCommand({
            Filters: [{ Key: 'InstanceIds', Values }],
            ...(token === undefined ? {} : { NextToken: token }),
          }),
        );
        const online = (page.InstanceInformationList ?? []).filter(({ PingStatus }) => PingStatus === 'Online');
        found.push(...online.flatMap(({ InstanceId }) => InstanceId ?? []));
        token = page.NextToken;
      } while (token !== undefined && token !== '');
      return found;
    });
    return new Set((await Promise.all(pages)).flat());
  }

  /** Sent once only: SSM has no token that would keep a second request from running the command a second time. */
  async sendCommand(input: SendCommandCommandInput): Promise<Command> {
    const output = await this.#sendOnce()<SendCommandCommandOutput>(new SendCommandCommand(input));
    return output.Command ?? {};
  }

  /** Commands of a document since then, the newest first. */
  async commands(document: string, since: Date): Promise<readonly Command[]> {
    const Filters = [
      { key: 'DocumentName' as const, value: document },
      { key: 'InvokedAfter' as const, value: since.toISOString() },
    ];
    const found: Command[] = [];
    let token: string | undefined;
    do {
      const page: ListCommandsCommandOutput = await this.#send(
        new ListCommandsCommand({ Filters, ...(token === undefined ? {} : { NextToken: token }) }),
      );
      found.push(...(page.Commands ?? []));
      token = page.NextToken;
    } while (token !== undefined && token !== '');
    return found.toSorted((a, b) => timeOf(b) - timeOf(a));
  }

  /** What has become of a command on each of its instances. */
  async invocations(command: string): Promise<readonly CommandInvocation[]> {
    const found: CommandInvocation[] = [];
    let token: string | undefined;
    do {
      const page: ListCommandInvocationsCommandOutput = await this.#send(
        new ListCommandInvocationsCommand({
          CommandId: command,
          Details: true,
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      );
      found.push(...(page.CommandInvocations ?? []));
      token = page.NextToken;
    } while (token !== undefined && token !== '');
    return found;
  }

  /** What a command wrote on an instance: 24,000 characters of it, and 8,000 of its errors (SSM API). */
  async output(command: string, instance: string): Promise<string> {
    const request = new GetCommandInvocationCommand({ CommandId: command, InstanceId: instance });
    const output = await this.#send<GetCommandInvocationCommandOutput>(request);
    return `${output.StandardOutputContent ?? ''}${output.StandardErrorContent ?? ''}`;
  }

  async cancel(command: string): Promise<void> {
    await this.#send(new CancelCommandCommand({ CommandId: command }));
  }
}

function timeOf({ RequestedDateTime }: Command): number {
  return RequestedDateTime?.getTime() ?? 0;
}

function isNamed(error: unknown, name: string): error is OperatorError {
  return error instanceof OperatorError && (error.cause as { readonly name?: string } | undefined)?.name === name;
}

function noDocument(name: string, cause: OperatorError): OperatorError {
  return new OperatorError('no-such-document', `SSM knows no document ${name}.`, {
    next: ['Check `document` in the config, the region and the account.'],
    cause,
  });
}

/** SSM says that there is none without saying which (its message is empty). */
function withName(error: unknown, name: string): unknown {
  if (!(error instanceof OperatorError) || error.code !== 'parameter-not-found') return error;
  return new OperatorError(error.code, `SSM knows no parameter ${name}.`, { next: error.next, cause: error.cause });
}
