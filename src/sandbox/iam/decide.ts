import { isMet, type ConditionContext } from './conditions.ts';
import type { PolicyDocument, PolicyStatement } from './document.ts';
import { matchesArn } from './arns.ts';
import { wildcard } from './wildcard.ts';

/** One action on one resource, which a request is allowed to do or not. */
export interface Authorization {
  /** For example `ec2:RunInstances`. */
  readonly action: string;
  /** An ARN; `*` where the action knows no resources. */
  readonly resource: string;
  readonly context: ConditionContext;
  /** What the service says of its denial in the place of IAM's sentence. */
  readonly says?: string;
}

/** In the words of `SimulatePrincipalPolicy`. */
export type EvalDecision = 'allowed' | 'explicitDeny' | 'implicitDeny';

export interface Decided {
  readonly verdict: EvalDecision;
  /** The statements that decided: those that deny, or else those that allow. */
  readonly matched: readonly PolicyStatement[];
}

/** One Deny that applies outweighs each Allow; where nothing applies, it is denied (IAM user guide, policy evaluation logic). */
export function decide(policies: readonly PolicyDocument[], question: Authorization): Decided {
  const applying = policies.flatMap(({ Statement }) => Statement).filter((one) => applies(one, question));
  const denying = applying.filter(({ Effect }) => Effect === 'Deny');
  if (denying.length > 0) return { verdict: 'explicitDeny', matched: denying };
  return { verdict: applying.length > 0 ? 'allowed' : 'implicitDeny', matched: applying };
}

function applies(
  { Action, Resource, Condition }: PolicyStatement,
  { action, resource, context }: Authorization,
): boolean {
  return (
    Action.some((one) => wildcard(one.toLowerCase())(action.toLowerCase())) &&
    Resource.some((one) => matchesArn(one, resource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => isMet(operator, key, wanted, context)),
    )
  );
}
