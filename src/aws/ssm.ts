import { GetParameterCommand, SSMClient, type GetParameterCommandOutput } from '@aws-sdk/client-ssm';
import type { Send, Session } from './session.ts';

/** The one SSM call that turnout makes. Errors are `OperatorError`s. */
export class Ssm {
  readonly #send: Send;

  constructor(session: Session) {
    this.#send = session.connect('ssm', new SSMClient(session.clientConfig()));
  }

  /** The parameter's value; rejects when there is no such parameter. */
  async parameter(name: string): Promise<string> {
    const output = await this.#send<GetParameterCommandOutput>(new GetParameterCommand({ Name: name }));
    return output.Parameter?.Value ?? '';
  }
}
