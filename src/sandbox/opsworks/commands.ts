import { newId, now, type State } from './model.ts';

/** Commands: what OpsWorks has an instance do, with a log of it. */

/** Notes a command that an instance begins now; returns its id. */
export function note(state: State, instance: string, type: string, deployment?: string): string {
  const id = newId();
  state.commands.set(id, {
    CommandId: id,
    InstanceId: instance,
    ...(deployment !== undefined && { DeploymentId: deployment }),
    CreatedAt: now(state),
    AcknowledgedAt: now(state),
    Status: 'pending',
    Type: type,
  });
  return id;
}

/** Notes how it ended; its log can be read from then on. */
export function finish(
  state: State,
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
    CompletedAt: now(state),
    ExitCode: failed ? 1 : 0,
    LogUrl: `${state.endpoint}/opsworks-logs/${id}`,
  });
}
