import type {
  Command as CommandShape,
  CommandInvocation,
  CommandPlugin,
  GetCommandInvocationResult,
} from '@aws-sdk/client-ssm';
import type { SsmCommand, Invocation, InvocationStatus } from './model.ts';

/** Maximum output of ListCommandInvocations and of GetCommandInvocation, in characters (SSM API). */
const [LIST_MAX, GET_MAX] = [2_500, 24_000];

/** Status of the whole command: the worst of its invocations, once all have ended. */
function statusOf({ invocations }: SsmCommand): InvocationStatus {
  const statuses = invocations.map(({ status }) => status);
  if (statuses.every((status) => status === 'Pending')) return 'Pending';
  if (statuses.some((status) => status === 'Pending' || status === 'InProgress')) return 'InProgress';
  return (['Failed', 'Cancelled'] as const).find((status) => statuses.includes(status)) ?? 'Success';
}

export function commandShape(command: SsmCommand): CommandShape {
  const { id, document, parameters, comment, requestedAt, timeoutSeconds, invocations } = command;
  const status = statusOf(command);
  return {
    CommandId: id,
    DocumentName: document,
    Comment: comment,
    RequestedDateTime: requestedAt,
    ExpiresAfter: new Date(requestedAt.getTime() + timeoutSeconds * 1000),
    Parameters: Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, [...values]])),
    InstanceIds: invocations.map(({ instance }) => instance),
    Status: status,
    StatusDetails: status,
    TargetCount: invocations.length,
    CompletedCount: invocations.filter((one) => one.endedAt !== undefined).length,
    ErrorCount: invocations.filter((one) => one.status === 'Failed').length,
    TimeoutSeconds: timeoutSeconds,
  };
}

export function invocationShape(command: SsmCommand, invocation: Invocation, withDetails: boolean): CommandInvocation {
  const { instance, status, details = status } = invocation;
  return {
    CommandId: command.id,
    InstanceId: instance,
    Comment: command.comment,
    DocumentName: command.document,
    RequestedDateTime: command.requestedAt,
    Status: status,
    StatusDetails: details,
    CommandPlugins: withDetails ? command.steps.map((step) => pluginShape(command, invocation, step)) : [],
  };
}

/** The app is restarted, or fails, in the last step; what goes before it succeeds. */
function stepOf({ steps }: SsmCommand, invocation: Invocation, step: string): Invocation {
  if (step === steps.at(-1) || invocation.endedAt === undefined) return invocation;
  const { instance } = invocation;
  return { instance, status: 'Success', output: `${step} is done\n`, code: 0 };
}

function pluginShape(command: SsmCommand, invocation: Invocation, step: string): CommandPlugin {
  const { status, details = status, output, code } = stepOf(command, invocation, step);
  return {
    Name: step,
    Status: status,
    StatusDetails: details,
    ResponseCode: code,
    Output: output.slice(0, LIST_MAX),
  };
}

export function resultShape(command: SsmCommand, invocation: Invocation, step: string): GetCommandInvocationResult {
  const { instance, startedAt, endedAt } = invocation;
  const { status, details = status, output, code } = stepOf(command, invocation, step);
  return {
    CommandId: command.id,
    InstanceId: instance,
    Comment: command.comment,
    DocumentName: command.document,
    PluginName: step,
    ResponseCode: code,
    Status: status,
    StatusDetails: details,
    StandardOutputContent: output.slice(0, GET_MAX),
    StandardErrorContent: '',
    ExecutionStartDateTime: startedAt?.toISOString() ?? '',
    ExecutionEndDateTime: endedAt?.toISOString() ?? '',
  };
}
