import { GetParameterCommand, SSMClient, type GetParameterCommandOutput } from '@aws-sdk/client-ssm';
import { OperatorError } from '../errors.ts';
import type { Send, Session } from './session.ts';

/** The one SSM call that turnout makes. Errors are `OperatorError`s. */
export class Ssm {
  readonly #send: Send;

  constructor(session: Session) {
    this.#send = session.connect('ssm', new SSMClient(session.clientConfig()));
  }

  /** The parameter's value; rejects when there is no such parameter. */
  async parameter(name: string): Promise<string> {
    const request = new GetParameterCommand({ Name: name });
    const output = await this.#send<GetParameterCommandOutput>(request).catch((error: unknown) => {
      throw withName(error, name);
    });
    return output.Parameter?.Value ?? '';
  }
}

/** SSM says that there is none without saying which (its message is empty). */
function withName(error: unknown, name: string): unknown {
  if (!(error instanceof OperatorError) || error.code !== 'parameter-not-found') return error;
  return new OperatorError(error.code, `SSM knows no parameter ${name}.`, { next: error.next, cause: error.cause });
}
