import type { LittleCloud } from './cloud.ts';
import { ApiFailure } from './failure.ts';
import { nameWrites, weightsIn, type ChangeInput } from './names.ts';
import { withWeights, type MadeRule, type OtherWay, type State, type Way } from './state.ts';

interface Request {
  readonly operation: string;
  readonly input: object;
}

/** ELB's API for load balancers, listeners and rules, as far as it is asked where weights move traffic. */

interface Action {
  readonly Type: 'forward';
  readonly ForwardConfig: { readonly TargetGroups: readonly { TargetGroupArn: string; Weight: number }[] };
}

export interface ActionsInput {
  readonly ListenerArn?: string;
  readonly RuleArn?: string;
  readonly Actions?: readonly Action[];
  readonly DefaultActions?: readonly Action[];
}

const NOTHING_HERE = [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }];

function ways({ ways: all, others, front }: State): readonly OtherWay[] {
  return [...(front ? [front] : []), ...(all?.values() ?? []), ...(others?.values() ?? [])];
}

function actionsOf({ weights }: OtherWay): readonly Action[] {
  const TargetGroups = [...weights].map(([name, Weight]) => ({ TargetGroupArn: `arn:${name}`, Weight }));
  return [{ Type: 'forward', ForwardConfig: { TargetGroups } }];
}

function listenerOf({ arn, port, priority, ...rule }: OtherWay & Partial<MadeRule>): string {
  if (rule.listener !== undefined) return rule.listener;
  return priority === undefined ? arn : `arn:${port}`;
}

export const wayReads = {
  DescribeLoadBalancers: () => ({
    LoadBalancers: [{ LoadBalancerArn: 'arn:shop', LoadBalancerName: 'shop', DNSName: 'shop', Type: 'application' }],
  }),
  DescribeListeners: (_cloud: LittleCloud, { ListenerArns }: { ListenerArns?: readonly string[] }, seen: State) => {
    const named = ways(seen).filter((way) => ListenerArns?.includes(listenerOf(way)) ?? true);
    if (ListenerArns?.some((arn) => named.every((way) => listenerOf(way) !== arn)))
      throw new ApiFailure('ListenerNotFound', 'One or more listeners not found');
    return {
      Listeners: named.map((way) => ({
        ListenerArn: listenerOf(way),
        Port: way.port,
        Protocol: 'HTTP',
        DefaultActions: way.priority === undefined ? actionsOf(way) : NOTHING_HERE,
      })),
    };
  },
  DescribeRules: (
    _cloud: LittleCloud,
    { ListenerArn, RuleArns }: { ListenerArn?: string; RuleArns?: readonly string[] },
    seen: State,
  ) => {
    const all = [...ways(seen).filter((way) => way.priority !== undefined), ...madeRules(seen)];
    const named = all.filter((way) => RuleArns?.includes(way.arn) ?? listenerOf(way) === ListenerArn);
    if (RuleArns?.some((arn) => named.every((way) => way.arn !== arn)))
      throw new ApiFailure('RuleNotFound', 'One or more rules not found');
    const byDefault = ways(seen).find((way) => way.priority === undefined && way.arn === ListenerArn);
    const last = { RuleArn: 'arn:default', Priority: 'default', IsDefault: true };
    return {
      Rules: [
        ...named.map((way) => ({
          RuleArn: way.arn,
          Priority: String(way.priority),
          Actions: actionsOf(way),
          Conditions: (way as Partial<MadeRule>).conditions,
        })),
        ...(ListenerArn === undefined ? [] : [{ ...last, Actions: byDefault ? actionsOf(byDefault) : NOTHING_HERE }]),
      ],
    };
  },
};

/** As the others are shown. */
function madeRules({ made: rules }: State): readonly OtherWay[] {
  return [...(rules?.values() ?? [])].map(({ group, ...rule }) => ({ ...rule, weights: new Map([[group, 1]]) }));
}

interface RuleInput {
  readonly ListenerArn: string;
  readonly Priority: number;
  readonly Actions: readonly [{ readonly TargetGroupArn: string }];
  readonly Tags: readonly { readonly Key: string; readonly Value: string }[];
  readonly Conditions: readonly object[];
}

/** A priority is in use once (ELBv2 API, CreateRule). */
function createRule(cloud: LittleCloud, input: RuleInput): object {
  const {
    ListenerArn,
    Priority,
    Actions: [to],
    Tags,
    Conditions,
  } = input;
  const { state } = cloud;
  const all = [...ways(state), ...madeRules(state)].filter((way) => listenerOf(way) === ListenerArn);
  if (all.some(({ priority }) => priority === Priority))
    throw new ApiFailure('PriorityInUse', `Priority '${Priority}' is currently in use`);
  const port = all[0]?.port ?? 0;
  const tags = Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
  const group = to.TargetGroupArn.replace('arn:', '');
  const arn = `${ListenerArn}/made-${cloud.clock.now}`;
  const rule: MadeRule = { arn, listener: ListenerArn, port, priority: Priority, group, tags, conditions: Conditions };
  cloud.change((before) => ({ ...before, made: new Map(before.made).set(arn, rule) }));
  return {};
}

function deleteRule(cloud: LittleCloud, { RuleArn }: { readonly RuleArn: string }): object {
  if (!cloud.state.made?.has(RuleArn)) throw new ApiFailure('RuleNotFound', 'One or more rules not found');
  cloud.change((before) => ({
    ...before,
    made: new Map([...(before.made ?? [])].filter(([arn]) => arn !== RuleArn)),
  }));
  return {};
}

/** The whole list of actions is replaced (ELBv2 API, ModifyRule and ModifyListener). */
function modify(cloud: LittleCloud, { ListenerArn, RuleArn, Actions, DefaultActions }: ActionsInput): object {
  const tuples = (Actions ?? DefaultActions)?.[0]?.ForwardConfig.TargetGroups ?? [];
  const weights = new Map(tuples.map(({ TargetGroupArn, Weight }) => [TargetGroupArn.replace('arn:', ''), Weight]));
  const arn = (RuleArn ?? ListenerArn) as string;
  if (!cloud.state.ways?.has(arn)) throw new ApiFailure('RuleNotFound', 'One or more rules not found');
  cloud.change((state) => withWeights(state, arn, weights));
  return {};
}

const shifts = { ModifyListener: modify, ModifyRule: modify };
export const wayWrites = { ...shifts, CreateRule: createRule, DeleteRule: deleteRule };

/** Whether it changes weights. */
export function isShift(request: { readonly operation: string } | undefined): boolean {
  return request !== undefined && (request.operation in shifts || request.operation in nameWrites);
}

/** The weights that the request sets, by way. */
function newWeights({ operation, input }: Request): ReadonlyMap<string, Way['weights']> {
  if (operation in nameWrites) return weightsIn(input as ChangeInput);
  if (!isShift({ operation })) return new Map();
  const { ListenerArn, RuleArn, Actions, DefaultActions } = input as ActionsInput;
  const tuples = (Actions ?? DefaultActions)?.[0]?.ForwardConfig.TargetGroups ?? [];
  const weights = tuples.map(({ TargetGroupArn, Weight }) => [TargetGroupArn.replace('arn:', ''), Weight] as const);
  return new Map([[(RuleArn ?? ListenerArn) as string, new Map(weights)]]);
}

/** The groups to which the request, if it changes a way of production, gives some of it; with `than`, more than there. */
export function givenShare(state: State, request: Request, than?: State): readonly string[] {
  const given = [...newWeights(request)].flatMap(([arn, weights]) => {
    if (state.ways?.get(arn)?.role !== 'production') return [];
    const before = than?.ways?.get(arn)?.weights;
    return [...weights].filter(([name, weight]) => weight > (before?.get(name) ?? 0)).map(([name]) => name);
  });
  return [...new Set(given)];
}
