import { randomUUID } from 'node:crypto';
import { timestamp, type OpsWorksState } from './state.ts';

/** Commands that OpsWorks runs on instances, with their logs. */

/** Records a command that starts on an instance; returns its id. */
export function startCommand(state: OpsWorksState, instance: string, type: string, deployment?: string): string {
  const id = randomUUID();
  state.commands.set(id, {
    CommandId: id,
    InstanceId: instance,
    ...(deployment !== undefined && { DeploymentId: deployment }),
    CreatedAt: timestamp(state),
    AcknowledgedAt: timestamp(state),
    Status: 'pending',
    Type: type,
  });
  return id;
}

/** Records the end of a command and makes its log available. */
export function finishCommand(
  state: OpsWorksState,
  id: string,
  status: 'successful' | 'failed' | 'skipped',
  what: string,
  says?: string,
): void {
  const command = state.commands.get(id);
  if (command === undefined) return;
  const failed = status === 'failed';
  const end = failed
    ? 'ERROR: Running exception handlers\nFATAL: the recipe failed because of a fault of the sandbox'
    : 'INFO: Report handlers complete';
  state.logs.set(
    id,
    `INFO: *** Chef run of ${command.Type}\nINFO: ${what}\n${says === undefined ? end : `${end}\n${says}`}\n`,
  );
  state.commands.set(id, {
    ...command,
    Status: status,
    CompletedAt: timestamp(state),
    ExitCode: failed ? 1 : 0,
    LogUrl: `${state.endpoint}/opsworks-logs/${id}`,
  });
}
