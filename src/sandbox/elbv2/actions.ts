import type { Action, ForwardActionConfig, TargetGroupTuple } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ApiError } from '../service.ts';
import { validationError, elbv2Unsupported } from './errors.ts';
import type { LoadBalancer, TargetGroup } from './model.ts';
import { groupOf, type Elbv2State } from './state.ts';

/** Maximum duration of target group stickiness in seconds (ELBv2 API, TargetGroupStickinessConfig). */
const MAX_STICKY_S = 604_800;

/** The actions as DescribeRules returns them. Throws AWS's errors for invalid ones. */
export function checkedActions(
  state: Elbv2State,
  loadBalancer: LoadBalancer,
  actions: readonly Action[] | undefined,
): Action[] {
  const [action, ...more] = actions ?? [];
  if (!action) throw validationError('At least one action must be specified');
  if (more.length > 0) throw new ApiError('TooManyActions', 'Only one action can be specified for a rule');
  return [{ ...checkedAction(state, loadBalancer, action), Order: action.Order ?? 1 }];
}

function checkedAction(state: Elbv2State, loadBalancer: LoadBalancer, action: Action): Action {
  switch (action.Type) {
    case 'forward':
      return checkedForward(state, loadBalancer, action);
    case 'fixed-response':
      return checkedFixedResponse(action);
    case 'redirect':
      return checkedRedirect(action);
    default:
      throw elbv2Unsupported(`actions of the type '${action.Type}'`);
  }
}

function checkedForward(state: Elbv2State, loadBalancer: LoadBalancer, action: Action): Action {
  const tuples = forwardedTo(action);
  const { groupsPerAction } = state.quotas;
  if (tuples.length === 0) throw validationError('A target group must be specified for a forward action');
  if (tuples.length > groupsPerAction) {
    throw validationError(`A forward action cannot have more than '${groupsPerAction}' target groups`);
  }
  const arns = new Set(tuples.map((tuple) => tuple.TargetGroupArn));
  if (arns.size < tuples.length) throw validationError('A target group can be specified only once in a forward action');
  for (const tuple of tuples) checkTuple(groupOf(state, tuple.TargetGroupArn), loadBalancer, tuple);
  const TargetGroupStickinessConfig = checkedStickiness(action.ForwardConfig?.TargetGroupStickinessConfig);
  const isSticky = ({ TargetGroupArn: arn }: TargetGroupTuple): boolean =>
    groupOf(state, arn).attributes.get('stickiness.enabled') === 'true';
  if (tuples.length > 1 && !TargetGroupStickinessConfig.Enabled && tuples.some(isSticky)) throw stickyBehindRule();
  const ForwardConfig = { TargetGroups: tuples, TargetGroupStickinessConfig };
  const only = tuples.length === 1 ? { TargetGroupArn: tuples[0]?.TargetGroupArn } : {};
  return { Type: 'forward', ...only, ForwardConfig };
}

/** The target groups of a forward action; throws if `TargetGroupArn` and `ForwardConfig` differ. */
function forwardedTo({ TargetGroupArn: arn, ForwardConfig: config }: Action): TargetGroupTuple[] {
  const listed = config?.TargetGroups ?? [];
  if (arn !== undefined && listed.length > 0 && (listed.length > 1 || listed[0]?.TargetGroupArn !== arn)) {
    throw validationError('You cannot specify both a target group ARN and a different forward config');
  }
  const tuples = listed.length > 0 || arn === undefined ? listed : [{ TargetGroupArn: arn }];
  return tuples.map((tuple) => ({ TargetGroupArn: tuple.TargetGroupArn, Weight: weightOf(tuple, tuples.length) }));
}

function weightOf(tuple: TargetGroupTuple, count: number): number {
  if (tuple.Weight !== undefined) return tuple.Weight;
  if (count > 1) throw validationError('You must specify a weight for each target group');
  return 1;
}

function checkTuple(group: TargetGroup, loadBalancer: LoadBalancer, { Weight: weight = 0 }: TargetGroupTuple): void {
  if (!Number.isInteger(weight) || weight < 0 || weight > 999)
    throw validationError('Weight must be between 0 and 999');
  if ((group.protocol === 'TCP') !== (loadBalancer.type === 'network'))
    throw validationError(`The protocol of target group '${group.arn}' does not match that of the listener`);
  if (group.loadBalancer && group.loadBalancer !== loadBalancer) {
    throw new ApiError(
      'TargetGroupAssociationLimit',
      `The following target groups cannot be associated with more than one load balancer: ${group.arn}`,
    );
  }
}

/** kubernetes-sigs/aws-load-balancer-controller issue 2734; the wording for rules is not documented. */
export function stickyBehindRule(): ApiError {
  return new ApiError(
    'InvalidConfigurationRequest',
    'You must enable group stickiness on a rule if you enabled target stickiness on one of its target groups',
  );
}

type Stickiness = NonNullable<ForwardActionConfig['TargetGroupStickinessConfig']>;

function checkedStickiness(config: Stickiness | undefined): Stickiness {
  if (!config?.Enabled) return { Enabled: false };
  const duration = config.DurationSeconds ?? 0;
  if (!(duration > 0 && duration <= MAX_STICKY_S)) {
    throw validationError(`Target group stickiness duration must be between 1 and ${MAX_STICKY_S} seconds`);
  }
  return { Enabled: true, DurationSeconds: duration };
}

function checkedFixedResponse({ FixedResponseConfig: config }: Action): Action {
  if (!/^[245]\d\d$/.test(config?.StatusCode ?? '')) {
    throw new ApiError('InvalidLoadBalancerAction', 'The status code of a fixed response must be 2XX, 4XX or 5XX');
  }
  return {
    Type: 'fixed-response',
    FixedResponseConfig: { ContentType: 'text/plain', ...config, StatusCode: config?.StatusCode },
  };
}

function checkedRedirect({ RedirectConfig: config }: Action): Action {
  if (config?.StatusCode !== 'HTTP_301' && config?.StatusCode !== 'HTTP_302') {
    throw new ApiError('InvalidLoadBalancerAction', 'The status code of a redirect must be HTTP_301 or HTTP_302');
  }
  const defaults = { Protocol: '#{protocol}', Port: '#{port}', Host: '#{host}', Path: '/#{path}', Query: '#{query}' };
  return { Type: 'redirect', RedirectConfig: { ...defaults, ...config } };
}

/** ARNs of the target groups that actions forward to, those with weight 0 too: a group with weight 0 is in use. */
export function groupsIn(actions: readonly Action[]): string[] {
  return actions
    .flatMap((action) => action.ForwardConfig?.TargetGroups ?? [])
    .map((tuple) => tuple.TargetGroupArn ?? '');
}
