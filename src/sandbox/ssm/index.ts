import { bindOperations, type Service, type StateOperation } from '../service.ts';
import { createTimeline } from '../timeline.ts';
import { getCalendarState } from './calendar-state.ts';
import { addShellDocument, createDocument, describeDocument, getDocument } from './documents.ts';
import { describeInstanceInformation, getCommandInvocation, listCommandInvocations, listCommands } from './list.ts';
import type { RunCommandOptions, RunCommandState } from './model.ts';
import { cancelCommand, sendCommand } from './send.ts';

const OPERATIONS: Readonly<Record<string, StateOperation<RunCommandState>>> = {
  CancelCommand: cancelCommand,
  CreateDocument: createDocument,
  DescribeDocument: describeDocument,
  DescribeInstanceInformation: describeInstanceInformation,
  GetCalendarState: getCalendarState,
  GetDocument: getDocument,
  GetCommandInvocation: getCommandInvocation,
  ListCommandInvocations: listCommandInvocations,
  ListCommands: listCommands,
  SendCommand: sendCommand,
};

/** SSM: the given Parameter Store, and Run Command on the instances. */
export function createSsm(parameters: Service, options: RunCommandOptions): Service {
  const { clock } = options;
  const state: RunCommandState = { ...options, documents: new Map(), commands: createTimeline(clock) };
  addShellDocument(state);
  return { ...parameters, operations: { ...parameters.operations, ...bindOperations(state, OPERATIONS) } };
}
