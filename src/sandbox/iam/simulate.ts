import type {
  ContextEntry,
  EvaluationResult,
  SimulatePolicyResponse,
  SimulatePrincipalPolicyRequest,
  Statement,
} from '@aws-sdk/client-iam';
import { ApiError } from '../service.ts';
import type { ConditionContext } from './conditions.ts';
import type { Decided, EvalDecision } from './decide.ts';
import type { PolicyStatement } from './document.ts';
import { decideFor, type IamRole } from './roles.ts';

/** The worse comes first. */
const WORST: readonly EvalDecision[] = ['explicitDeny', 'implicitDeny', 'allowed'];

/**
 * SimulatePrincipalPolicy: one result for each action, whose decision is the worst of those for the resources; which of them
 * it is about is in `ResourceSpecificResults` (IAM API, EvaluationResult).
 */
export function simulate(role: IamRole, input: SimulatePrincipalPolicyRequest): SimulatePolicyResponse {
  refuseMore(input);
  const { ActionNames = [], ResourceArns: named } = input;
  const resources = named?.length ? named : ['*'];
  const context = contextOf(input.ContextEntries);
  const missing = missingKeys(role, context);
  const EvaluationResults = ActionNames.map((action): EvaluationResult => {
    const each = resources.map((resource) => ({ resource, ...decideFor(role, { action, resource, context }) }));
    const verdict = WORST.find((one) => each.some((result) => result.verdict === one)) ?? 'implicitDeny';
    const matched = [...new Set(each.filter((one) => one.verdict === verdict).flatMap((one) => one.matched))];
    return {
      EvalActionName: action,
      EvalResourceName: '*',
      EvalDecision: verdict,
      MatchedStatements: matched.map((one) => statementOf(role, one)),
      MissingContextValues: missing,
      ...(named?.length && {
        ResourceSpecificResults: each.map((one) => specificOf(role, one.resource, one, missing)),
      }),
    };
  });
  return { EvaluationResults, IsTruncated: false };
}

function specificOf(role: IamRole, resource: string, { verdict, matched }: Decided, missing: string[]) {
  return {
    EvalResourceName: resource,
    EvalResourceDecision: verdict,
    MatchedStatements: matched.map((one) => statementOf(role, one)),
    MissingContextValues: missing,
  };
}

/** What would change a decision, and is not evaluated here. */
function refuseMore(input: SimulatePrincipalPolicyRequest): void {
  const { PolicySourceArn: _, ActionNames, ResourceArns: __, ContextEntries: ___, ...others } = input;
  const more = Object.entries(others).find(([, value]) => value !== undefined)?.[0];
  if (more !== undefined) throw invalid(`turnout's sandbox does not evaluate ${more}`);
  const wrong = ActionNames?.find((name) => !/^[a-z0-9-]+:\w+$/.test(name));
  if (wrong !== undefined || ActionNames === undefined) throw invalid(`Invalid action: ${wrong ?? ''}`);
}

function invalid(message: string): ApiError {
  return new ApiError('InvalidInput', message);
}

function contextOf(entries: readonly ContextEntry[] = []): ConditionContext {
  return Object.fromEntries(
    entries.map(({ ContextKeyName = '', ContextKeyValues = [] }) => [ContextKeyName, ContextKeyValues]),
  );
}

/** Keys of the policies for which no value was given. */
function missingKeys({ policies }: IamRole, context: ConditionContext): string[] {
  const given = new Set(Object.keys(context).map((key) => key.toLowerCase()));
  const used = [...policies.values()].flatMap(({ document }) =>
    document.Statement.flatMap(({ Condition }) => Object.values(Condition).flatMap(Object.keys)),
  );
  return [...new Set(used)].filter((key) => !given.has(key.toLowerCase()));
}

/** AWS tells where in the text a statement stands; here its Sid is its name. */
function statementOf({ name, policies }: IamRole, statement: PolicyStatement): Statement {
  const [policy = ''] = [...policies].find(([, { document }]) => document.Statement.includes(statement)) ?? [];
  return { SourcePolicyId: `role_${name}_${policy}`, SourcePolicyType: 'role' };
}
