import { GetParameterCommand, SSMClient, type GetParameterCommandOutput } from '@aws-sdk/client-ssm';
import type { Session } from './session.ts';

export type Ssm = ReturnType<typeof createSsm>;

/** The one SSM call that turnout makes. Errors are `OperatorError`s. */
export function createSsm(session: Session) {
  const client = new SSMClient(session.clientConfig());
  const send = session.connect('ssm', client);
  return {
    /** The parameter's value; rejects when there is no such parameter. */
    async parameter(name: string): Promise<string> {
      const output = await send<GetParameterCommandOutput>(new GetParameterCommand({ Name: name }));
      return output.Parameter?.Value ?? '';
    },
  };
}
