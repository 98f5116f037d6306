import { randomUUID } from 'node:crypto';
import { timestamp, type OpsWorksState } from './state.ts';

/** Commands: what OpsWorks has an instance do, with a log of it. */

/** Notes a command that an instance begins now; returns its id. */
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

/** Notes how it ended; its log can be read from then on. */
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
    ? 'ERROR: Running exception handlers\nFATAL: the recipe failed, as the sandbox was told to let it'
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
