import type { Action } from '../aws/elbv2.ts';

/** Actions of a listener's rule, as ELB describes them and takes them back. */

/** Weights by target group ARN. A lone group without a weight has all of it. */
export function weightsIn(actions: readonly Action[]): ReadonlyMap<string, number> {
  const forward = forwardOf(actions);
  const tuples = forward?.ForwardConfig?.TargetGroups ?? [];
  if (tuples.length === 0) return new Map(forward?.TargetGroupArn === undefined ? [] : [[forward.TargetGroupArn, 1]]);
  return new Map(tuples.map(({ TargetGroupArn: arn = '', Weight: weight }) => [arn, weight ?? 1]));
}

/** What the load balancer answers itself: such an action is the last one (ELBv2 API, Action), and no target group gets the request. */
export function answersIn(actions: readonly Action[]): 'a redirect' | 'a fixed response' | undefined {
  const last = actions.find(({ Type: type }) => type === 'redirect' || type === 'fixed-response')?.Type;
  return last === undefined ? undefined : last === 'redirect' ? 'a redirect' : 'a fixed response';
}

/** Seconds for which the rule's cookie pins a client to a group; 0 when it does not. */
export function stickySecondsIn(actions: readonly Action[]): number {
  const { Enabled: on, DurationSeconds: seconds } =
    forwardOf(actions)?.ForwardConfig?.TargetGroupStickinessConfig ?? {};
  return on ? (seconds ?? 0) : 0;
}

function forwardOf(actions: readonly Action[]): Action | undefined {
  return actions.find(({ Type: type }) => type === 'forward');
}

/**
 * The same actions with other weights: what is not in `weights` (other groups, other actions, their order, stickiness) stays
 * to the letter. The whole list has to be sent (ELBv2 API, ModifyRule).
 */
export function withWeights(
  actions: readonly Action[],
  weights: ReadonlyMap<string, number>,
  stickiness: 'keep' | 'drop',
): readonly Action[] {
  return actions.map((action) =>
    action.Type === 'forward' ? reweighed(action, weights, stickiness) : resendable(action),
  );
}

function reweighed(action: Action, weights: ReadonlyMap<string, number>, stickiness: 'keep' | 'drop'): Action {
  // `TargetGroupArn` may stand beside `ForwardConfig` only when that has this one group and no other.
  const { TargetGroupArn: lone, ForwardConfig: config, ...rest } = action;
  const before = config?.TargetGroups ?? (lone === undefined ? [] : [{ TargetGroupArn: lone, Weight: 1 }]);
  const known = new Set(before.map(({ TargetGroupArn: arn }) => arn));
  const added = [...weights]
    .filter(([arn]) => !known.has(arn))
    .map(([arn, Weight]) => ({ TargetGroupArn: arn, Weight }));
  const TargetGroups = [
    ...before.map((tuple) => ({ ...tuple, Weight: weights.get(tuple.TargetGroupArn ?? '') ?? tuple.Weight ?? 1 })),
    ...added,
  ];
  const sticky = stickiness === 'drop' ? { TargetGroupStickinessConfig: { Enabled: false } } : {};
  return { ...rest, ForwardConfig: { ...config, TargetGroups, ...sticky } };
}

/** A client secret is never described; asking for the one that is there keeps it (ELBv2 API, AuthenticateOidcActionConfig). */
function resendable(action: Action): Action {
  const { AuthenticateOidcConfig: oidc } = action;
  if (oidc === undefined) return action;
  const { ClientSecret: _, ...same } = oidc;
  return { ...action, AuthenticateOidcConfig: { ...same, UseExistingClientSecret: true } };
}
