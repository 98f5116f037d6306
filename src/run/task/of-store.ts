import type { Task } from '../../../tasks/task.ts';
import { ExitCode, OperatorError } from '../../errors.ts';

/** What is asked of the store: where that fails, a way out of trouble says how it is gone without turnout. */
export async function ofStore<T>(task: Pick<Task, 'verb' | 'isEmergencyExit'>, asked: Promise<T>): Promise<T> {
  return asked.catch((error: unknown) => {
    throw task.isEmergencyExit && error instanceof OperatorError && isOutOfReach(error)
      ? byHand(task.verb, error)
      : error;
  });
}

/** Another run that holds the lease, or has taken it, is no failure of the store. */
function isOutOfReach({ code, exitCode }: OperatorError): boolean {
  return code !== 'lease-held' && exitCode !== ExitCode.leaseLost;
}

function byHand(verb: string, cause: OperatorError): OperatorError {
  const { code, message, exitCode, next, transient } = cause;
  const why = 'Without its store turnout has no lease: another run could be at work, so it moves no traffic itself.';
  const way = `\`turnout ${verb} --print\` prints the commands of the AWS CLI that do it, and needs no store.`;
  return new OperatorError(code, `${message} ${why}`, { exitCode, next: [way, ...next], transient, cause });
}
