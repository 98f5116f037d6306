import { randomUUID } from 'node:crypto';
import type { CancelCommandRequest, SendCommandRequest, SendCommandResult } from '@aws-sdk/client-ssm';
import { ACCOUNT } from '../ec2/state.ts';
import { ApiError } from '../service.ts';
import { checkDeclared, documentOf } from './documents.ts';
import { currentDate, type SsmCommand, type Invocation, type RunCommandState } from './model.ts';
import { commandShape } from './shapes.ts';

/** Limits of SendCommand (SSM API). */
const [IDS_MAX, COMMENT_MAX] = [50, 100];
const [TIMEOUT_MIN_S, TIMEOUT_S] = [30, 3600];
/** Share of a command's duration in which the old code still runs. */
const OLD_CODE_SHARE = 0.7;

export function sendCommand(state: RunCommandState, input: SendCommandRequest): SendCommandResult {
  const { InstanceIds: ids = [], Comment: comment = '', Parameters: parameters = {} } = input;
  const timeoutSeconds = input.TimeoutSeconds ?? TIMEOUT_S;
  const document = documentOf(state, input.DocumentName);
  if (input.Targets !== undefined) throw invalidParameter('The sandbox supports InstanceIds, not Targets');
  if (ids.length === 0 || ids.length > IDS_MAX) throw invalidParameter(`InstanceIds must have 1 to ${IDS_MAX} members`);
  if (comment.length > COMMENT_MAX) throw invalidParameter(`Comment must have at most ${COMMENT_MAX} characters`);
  if (timeoutSeconds < TIMEOUT_MIN_S) throw invalidParameter(`TimeoutSeconds must be at least ${TIMEOUT_MIN_S}`);
  checkDeclared(document, parameters);
  const absent = ids.filter((id) => state.instances.find(id)?.state !== 'running');
  if (absent.length > 0)
    throw new ApiError(
      'InvalidInstanceId',
      `Instances [[${absent.join(', ')}]] not in a valid state for account ${ACCOUNT}`,
    );
  const command: SsmCommand = {
    id: randomUUID(),
    document: document.name,
    steps: document.steps,
    parameters,
    comment,
    requestedAt: currentDate(state),
    timeoutSeconds,
    invocations: [...new Set(ids)].map((instance) => ({ instance, status: 'Pending', output: '', code: -1 })),
  };
  state.commands.set(command.id, command);
  for (const { instance } of command.invocations) void run(state, command, instance);
  return { Command: commandShape(command) };
}

function invalidParameter(message: string): ApiError {
  return new ApiError('ValidationException', message);
}

/** Changes an invocation that has not ended. */
function updateInvocation(
  state: RunCommandState,
  command: string,
  instance: string,
  change: Partial<Invocation>,
): void {
  const known = state.commands.get(command);
  if (known === undefined) return;
  const invocations = known.invocations.map((one) =>
    one.instance === instance && !hasEnded(one) ? { ...one, ...change } : one,
  );
  state.commands.set(command, { ...known, invocations });
}

function hasEnded({ status }: Invocation): boolean {
  return status !== 'Pending' && status !== 'InProgress';
}

function hasInvocationEnded(state: RunCommandState, command: string, instance: string): boolean {
  const invocation = state.commands.get(command)?.invocations.find((one) => one.instance === instance);
  return invocation === undefined || hasEnded(invocation);
}

/** Runs a command on one instance: if it names a release, the app is restarted with it. */
async function run(state: RunCommandState, { id, parameters }: SsmCommand, instance: string): Promise<void> {
  const { fails, says, ms = state.times.deployMs } = state.outcomes.next('deploy', instance);
  updateInvocation(state, id, instance, { status: 'InProgress', startedAt: currentDate(state) });
  const pause = (share: number) => new Promise<void>((done) => void state.scheduler.after(ms * share, done));
  const release = releaseIn(parameters);
  await pause(OLD_CODE_SHARE);
  if (hasInvocationEnded(state, id, instance)) return;
  const restarts = !fails && release !== undefined;
  const isRunning = restarts
    ? await state.instances.deploy(instance, release, ms * (1 - OLD_CODE_SHARE))
    : (await pause(1 - OLD_CODE_SHARE), state.instances.find(instance)?.state === 'running');
  const text = [
    release === undefined ? 'ran' : `deploying ${release}`,
    says ?? (fails ? 'failed because of a fault' : 'done'),
  ];
  const ended = { output: `${text.join('\n')}\n`, endedAt: currentDate(state) };
  if (!isRunning) updateInvocation(state, id, instance, { ...ended, status: 'Failed', details: 'Undeliverable' });
  else updateInvocation(state, id, instance, { ...ended, status: fails ? 'Failed' : 'Success', code: fails ? 1 : 0 });
}

/** The parameter `release`, else `RELEASE=` in the shell commands. */
function releaseIn(parameters: SsmCommand['parameters']): string | undefined {
  const named = Object.entries(parameters).find(([name]) => name.toLowerCase() === 'release')?.[1][0];
  const text = (parameters['commands'] ?? []).join('\n');
  return named ?? /\bRELEASE=["']?([^"'\s;]+)/.exec(text)?.[1];
}

/**
 * "There is no guarantee that the command will be terminated" (SSM API, CancelCommand): here it is, unless it has already
 * restarted the app.
 */
export function cancelCommand(
  state: RunCommandState,
  { CommandId: id = '', InstanceIds: ids }: CancelCommandRequest,
): object {
  const command = state.commands.get(id);
  if (command === undefined) throw new ApiError('InvalidCommandId', '');
  const named = command.invocations.filter(
    ({ instance }) => ids === undefined || ids.length === 0 || ids.includes(instance),
  );
  for (const { instance } of named)
    updateInvocation(state, id, instance, { status: 'Cancelled', endedAt: currentDate(state) });
  return {};
}
