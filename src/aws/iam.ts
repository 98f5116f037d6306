import * as sdk from '@aws-sdk/client-iam';
import * as sts from '@aws-sdk/client-sts';
import type { Send, Session } from './session.ts';

/** What is asked of IAM: whether these actions are allowed on each of the resources, with these values of condition keys. */
export interface SimulatedRequest {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly context: Readonly<Record<string, readonly string[]>>;
}

export interface SimulatedAnswer {
  readonly action: string;
  readonly resource: string;
  readonly isAllowed: boolean;
}

/** The requests to IAM and STS that turnout sends. Errors are `OperatorError`s. */
export class Iam {
  readonly #iam: Send;
  readonly #sts: Send;

  constructor(session: Session) {
    this.#iam = session.connect('iam', new sdk.IAMClient(session.clientConfig()));
    this.#sts = session.connect('sts', new sts.STSClient(session.clientConfig()));
  }

  /**
   * ARN of the role or user of the credentials, as policies are simulated for it; undefined where they are of neither. A session
   * does not say the path of its role: that is read (IAM API, SimulatePrincipalPolicy: PolicySourceArn).
   */
  async principal(): Promise<string | undefined> {
    const { Arn = '' } = await this.#sts(new sts.GetCallerIdentityCommand({}));
    if (/:user\//.test(Arn)) return Arn;
    const [, RoleName] = /:assumed-role\/([^/]+)\//.exec(Arn) ?? [];
    if (RoleName === undefined) return undefined;
    return (await this.#iam(new sdk.GetRoleCommand({ RoleName }))).Role?.Arn;
  }

  /** Policies of the session, of endpoints and of resources are not part of it. The decision is that for each resource. */
  async simulate(principal: string, request: SimulatedRequest): Promise<readonly SimulatedAnswer[]> {
    const { actions, resources, context } = request;
    const ContextEntries = Object.entries(context).map(([ContextKeyName, values]) => ({
      ContextKeyName,
      ContextKeyValues: [...values],
      ContextKeyType: values.length > 1 ? ('stringList' as const) : ('string' as const),
    }));
    const { EvaluationResults = [] } = await this.#iam(
      new sdk.SimulatePrincipalPolicyCommand({
        PolicySourceArn: principal,
        ActionNames: [...actions],
        ResourceArns: [...resources],
        ContextEntries,
      }),
    );
    return EvaluationResults.flatMap(({ EvalActionName: action = '', EvalDecision, ResourceSpecificResults: each }) =>
      each === undefined || each.length === 0
        ? [{ action, resource: '*', isAllowed: EvalDecision === 'allowed' }]
        : each.map(({ EvalResourceName: resource = '', EvalResourceDecision: decision }) => {
            return { action, resource, isAllowed: decision === 'allowed' };
          }),
    );
  }
}
