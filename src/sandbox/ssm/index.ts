import type { Call, Operation, Service } from '../service.ts';
import { createTimeline } from '../timeline.ts';
import { createDocument, describeDocument, SHELL } from './documents.ts';
import { describeInstanceInformation, getCommandInvocation, listCommandInvocations, listCommands } from './list.ts';
import { nowDate, type RunCommandOptions, type SsmState } from './model.ts';
import { cancelCommand, sendCommand } from './send.ts';

type StateOperation = (state: SsmState, input: never, call?: Call) => object;

const OPERATIONS: Readonly<Record<string, StateOperation>> = {
  CancelCommand: cancelCommand,
  CreateDocument: createDocument,
  DescribeDocument: describeDocument,
  DescribeInstanceInformation: describeInstanceInformation,
  GetCommandInvocation: getCommandInvocation,
  ListCommandInvocations: listCommandInvocations,
  ListCommands: listCommands,
  SendCommand: sendCommand,
};

/** SSM: the parameters that it has already, and Run Command over the instances. */
export function createSsm(parameters: Service, options: RunCommandOptions): Service {
  const { clock } = options;
  const state: SsmState = { ...options, documents: new Map(), commands: createTimeline(clock) };
  const shell = ['commands', 'workingDirectory', 'executionTimeout'];
  state.documents.set(SHELL, { name: SHELL, createdAt: nowDate(state), parameters: shell, owner: 'Amazon' });
  const bind =
    (operation: StateOperation): Operation =>
    (input, call) =>
      operation(state, input as never, call);
  const bound = Object.entries(OPERATIONS).map(([name, operation]) => [name, bind(operation)] as const);
  return { ...parameters, operations: { ...parameters.operations, ...Object.fromEntries(bound) } };
}
