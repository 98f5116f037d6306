import * as sdk from '@aws-sdk/client-ssm';
import type { Command, CommandInvocation, CommandPlugin } from '@aws-sdk/client-ssm';
import { OperatorError } from '../errors.ts';
import { chunk } from './batches.ts';
import { pageItems } from './pages.ts';
import type { Send, Session } from './session.ts';

export type { Command, CommandInvocation, CommandPlugin };

/** A parameter as a document declares it. */
export interface DeclaredParameter {
  readonly name: string;
  /** It has no default. */
  readonly isRequired: boolean;
  /** The values that it accepts, where they are restricted. */
  readonly allowed?: readonly string[] | undefined;
}

/** A parameter in the text of a document. */
interface Declared {
  readonly allowedValues?: readonly unknown[];
}

/** Maximum instances per SendCommand, and ids per filter of DescribeInstanceInformation (SSM API). */
export const INSTANCES_PER_CALL = 50;

/** The SSM requests that turnout sends. Errors are `OperatorError`s. */
export class Ssm {
  readonly #send: Send;

  constructor(session: Session) {
    this.#send = session.connect('ssm', new sdk.SSMClient(session.clientConfig()));
  }

  /** Value of a parameter. @throws OperatorError `parameter-not-found` */
  async parameter(name: string): Promise<string> {
    const output = await this.#send(new sdk.GetParameterCommand({ Name: name })).catch((error: unknown) => {
      throw withName(error, name);
    });
    return output.Parameter?.Value ?? '';
  }

  /** The parameters that a document declares. @throws OperatorError `no-such-document` */
  async documentParameters(name: string): Promise<readonly DeclaredParameter[]> {
    const describing = this.#send(new sdk.DescribeDocumentCommand({ Name: name })).catch((error: unknown) => {
      const cause =
        error instanceof OperatorError ? (error.cause as { readonly name?: string } | undefined) : undefined;
      if (cause?.name !== 'InvalidDocument') throw error;
      throw new OperatorError('no-such-document', `The SSM document ${name} does not exist.`, {
        next: ['Check `document` in the config, the region and the account.'],
        cause: error,
      });
    });
    const [{ Document }, allowed] = await Promise.all([describing, this.#allowedValues(name)]);
    return (Document?.Parameters ?? []).map(({ Name = '', DefaultValue }) => ({
      name: Name,
      isRequired: DefaultValue === undefined,
      ...(allowed.has(Name) && { allowed: allowed.get(Name) }),
    }));
  }

  /** By parameter, where its values are restricted. That is only in the text of a document, which may be unreadable: then SSM itself checks. */
  async #allowedValues(name: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const request = new sdk.GetDocumentCommand({ Name: name, DocumentFormat: 'JSON' });
    try {
      const { Content = '' } = await this.#send(request);
      const { parameters = {} } = JSON.parse(Content) as { readonly parameters?: Readonly<Record<string, Declared>> };
      const restricted = Object.entries(parameters).filter(([, { allowedValues }]) => Array.isArray(allowedValues));
      return new Map(restricted.map(([key, { allowedValues = [] }]) => [key, allowedValues.map(String)]));
    } catch {
      return new Map();
    }
  }

  /** The instances whose SSM agent is online. */
  async online(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const online = chunk(ids, INSTANCES_PER_CALL).map((Values) =>
      pageItems(
        this.#send,
        (NextToken) =>
          new sdk.DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values }], NextToken }),
        (page) => page.InstanceInformationList?.filter(({ PingStatus }) => PingStatus === 'Online'),
      ),
    );
    return new Set((await Promise.all(online)).flat().flatMap(({ InstanceId }) => InstanceId ?? []));
  }

  /** SSM has no idempotency token: a second request runs the command twice, so the session must send changes once. */
  async sendCommand(input: sdk.SendCommandCommandInput): Promise<Command> {
    return (await this.#send(new sdk.SendCommandCommand(input))).Command ?? {};
  }

  /** Commands of a document since `since`, newest first. */
  async commands(document: string, since: Date): Promise<readonly Command[]> {
    const Filters = [
      { key: 'DocumentName' as const, value: document },
      { key: 'InvokedAfter' as const, value: since.toISOString() },
    ];
    const found = await pageItems(
      this.#send,
      (NextToken) => new sdk.ListCommandsCommand({ Filters, NextToken }),
      (page) => page.Commands,
    );
    return found.toSorted((a, b) => timeOf(b) - timeOf(a));
  }

  /** Status of a command on each of its instances. */
  async invocations(command: string): Promise<readonly CommandInvocation[]> {
    return pageItems(
      this.#send,
      (NextToken) => new sdk.ListCommandInvocationsCommand({ CommandId: command, Details: true, NextToken }),
      (page) => page.CommandInvocations,
    );
  }

  /**
   * Output of a step of a command on an instance: at most 24,000 characters of stdout and 8,000 of stderr. The name of the step must
   * be given for documents with several steps (SSM API, GetCommandInvocation).
   */
  async output(command: string, instance: string, step: string | undefined): Promise<string> {
    const request = new sdk.GetCommandInvocationCommand({ CommandId: command, InstanceId: instance, PluginName: step });
    const { StandardOutputContent: out = '', StandardErrorContent: err = '' } = await this.#send(request);
    return `${out}${err}`;
  }

  /** Of all of them: open only if each one is (SSM API, GetCalendarState). `changesAt` in milliseconds since the epoch. */
  async calendarState(
    calendars: readonly string[],
  ): Promise<{ readonly isOpen: boolean; readonly changesAt?: number | undefined }> {
    const request = new sdk.GetCalendarStateCommand({ CalendarNames: [...calendars] });
    const { State, NextTransitionTime: next } = await this.#send(request);
    return { isOpen: State === 'OPEN', changesAt: next === undefined ? undefined : Date.parse(next) };
  }

  async cancel(command: string): Promise<void> {
    await this.#send(new sdk.CancelCommandCommand({ CommandId: command }));
  }
}

function timeOf({ RequestedDateTime }: Command): number {
  return RequestedDateTime?.getTime() ?? 0;
}

/** Adds the name of the parameter, since the message of SSM is empty. */
function withName(error: unknown, name: string): unknown {
  if (!(error instanceof OperatorError) || error.code !== 'parameter-not-found') return error;
  return new OperatorError(error.code, `The SSM parameter ${name} does not exist.`, {
    next: error.next,
    cause: error.cause,
  });
}
