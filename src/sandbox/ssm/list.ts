import type {
  DescribeInstanceInformationRequest,
  DescribeInstanceInformationResult,
  GetCommandInvocationRequest,
  GetCommandInvocationResult,
  ListCommandInvocationsRequest,
  ListCommandInvocationsResult,
  ListCommandsRequest,
  ListCommandsResult,
} from '@aws-sdk/client-ssm';
import { ApiError, type Call } from '../service.ts';
import type { SsmCommand, RunCommandState } from './model.ts';
import { commandShape, invocationShape, resultShape } from './shapes.ts';

interface Page<T> {
  readonly items: readonly T[];
  readonly next: { readonly NextToken?: string };
}

function pageByOffset<T>(
  all: readonly T[],
  input: { MaxResults?: number | undefined; NextToken?: string | undefined },
  size: number,
): Page<T> {
  const start = Number(input.NextToken ?? 0);
  if (!Number.isInteger(start) || start < 0)
    throw new ApiError('InvalidNextToken', 'The specified token is not valid.');
  const end = start + Math.min(input.MaxResults ?? size, size);
  return { items: all.slice(start, end), next: end < all.length ? { NextToken: String(end) } : {} };
}

type Filters = ListCommandsRequest['Filters'];

/** Both lists have the same filters; an unsupported one is an error, since ignoring it would return wrong items. */
function matchesFilters({ requestedAt, document }: SsmCommand, filters: Filters): boolean {
  return (filters ?? []).every(({ key, value = '' }) => {
    if (key === 'InvokedAfter') return requestedAt.getTime() > Date.parse(value);
    if (key === 'InvokedBefore') return requestedAt.getTime() < Date.parse(value);
    if (key === 'DocumentName') return document === value;
    throw new ApiError('InvalidFilterKey', `The sandbox does not support the filter ${key}.`);
  });
}

/** Newest first. */
function selectedCommands(
  state: RunCommandState,
  input: ListCommandsRequest,
  call: Call | undefined,
): readonly SsmCommand[] {
  const { CommandId, InstanceId, Filters } = input;
  return state.commands
    .values(call?.lagMs)
    .filter(
      (command) =>
        command.id === (CommandId ?? command.id) &&
        (InstanceId === undefined || command.invocations.some(({ instance }) => instance === InstanceId)) &&
        matchesFilters(command, Filters),
    )
    .toReversed();
}

export function listCommands(state: RunCommandState, input: ListCommandsRequest, call?: Call): ListCommandsResult {
  const { items, next } = pageByOffset(selectedCommands(state, input, call), input, state.pageSize);
  return { Commands: items.map(commandShape), ...next };
}

export function listCommandInvocations(
  state: RunCommandState,
  input: ListCommandInvocationsRequest,
  call?: Call,
): ListCommandInvocationsResult {
  const rows = selectedCommands(state, input, call).flatMap((command) =>
    command.invocations
      .filter(({ instance }) => instance === (input.InstanceId ?? instance))
      .map((invocation) => invocationShape(command, invocation, input.Details === true)),
  );
  const { items, next } = pageByOffset(rows, input, state.pageSize);
  return { CommandInvocations: [...items], ...next };
}

export function getCommandInvocation(
  state: RunCommandState,
  { CommandId: id = '', InstanceId: instance, PluginName: step }: GetCommandInvocationRequest,
  call?: Call,
): GetCommandInvocationResult {
  const command = state.commands.get(id, call?.lagMs);
  const invocation = command?.invocations.find((one) => one.instance === instance);
  if (command === undefined || invocation === undefined) throw new ApiError('InvocationDoesNotExist', '');
  // "If the document contains more than one step, you must specify the name of the step" (SSM API, GetCommandInvocation).
  const wanted = step ?? (command.steps.length === 1 ? command.steps[0] : undefined);
  if (wanted === undefined || !command.steps.includes(wanted)) throw new ApiError('InvalidPluginName', '');
  return resultShape(command, invocation, wanted);
}

/** Every running instance has an agent. */
export function describeInstanceInformation(
  state: RunCommandState,
  input: DescribeInstanceInformationRequest,
): DescribeInstanceInformationResult {
  const unknown = input.Filters?.find(({ Key }) => Key !== 'InstanceIds')?.Key;
  if (unknown !== undefined)
    throw new ApiError('InvalidFilterKey', `The sandbox does not support the filter ${unknown}.`);
  const wanted = input.Filters?.find(({ Key }) => Key === 'InstanceIds')?.Values;
  const machines = state.instances
    .list()
    .filter(({ id, state: now }) => now === 'running' && (wanted?.includes(id) ?? true));
  const { items, next } = pageByOffset(machines, input, state.pageSize);
  const shown = items.map(({ id, address }) => ({
    InstanceId: id,
    IPAddress: address,
    PingStatus: 'Online' as const,
    PlatformType: 'Linux' as const,
    ResourceType: 'EC2Instance' as const,
  }));
  return { InstanceInformationList: shown, ...next };
}
