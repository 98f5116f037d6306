import type {
  CreateRuleInput,
  DeleteRuleInput,
  DescribeRulesInput,
  ModifyRuleInput,
  Rule as Shown,
  SetRulePrioritiesInput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ApiError, type Call, type Operation } from '../service.ts';
import { checkedActions } from './actions.ts';
import { entries, entryOf, named, ownedBy, shapes, tagList, type Entry } from './catalogue.ts';
import { checkedConditions } from './conditions.ts';
import { elbInvalid, notPermitted } from './errors.ts';
import { tailOf } from './listeners.ts';
import type { Listener, Rule } from './model.ts';
import { elbPage } from './paging.ts';
import { rulesChanged } from './routing.ts';
import { arnOf, listenerOf, listenersOf, newElbId, ruleOf, rulesOf, tagsFrom, type ElbWorld } from './world.ts';

export function ruleOperations(world: ElbWorld): Record<string, Operation> {
  return {
    CreateRule: (input: CreateRuleInput) => ({ Rules: [show(create(world, input))] }),
    DescribeRules: (input: DescribeRulesInput, call?: Call) => describe(world, input, call),
    ModifyRule: (input: ModifyRuleInput) => ({ Rules: [show(modify(world, input))] }),
    DeleteRule: (input: DeleteRuleInput) => remove(world, input),
    SetRulePriorities: (input: SetRulePrioritiesInput) => ({ Rules: setPriorities(world, input).map(show) }),
  };
}

function create(world: ElbWorld, input: CreateRuleInput): Rule {
  const listener = listenerOf(world, input.ListenerArn);
  const priority = checkedPriority(input.Priority);
  const conditions = checkedConditions(input.Conditions);
  const actions = checkedActions(world, listener.loadBalancer, input.Actions);
  if (rulesOf(world, listener).some((rule) => rule.priority === priority)) throw priorityInUse(priority);
  checkQuota(world, listener);
  const arn = arnOf(world, `listener-rule/${tailOf(listener.arn)}/${newElbId()}`);
  const tags = tagsFrom(input.Tags);
  const rule: Rule = { kind: 'listener-rule', arn, listener, priority, conditions, actions, tags };
  world.rules.set(arn, rule);
  rulesChanged(world, listener);
  return rule;
}

/** Default rules don't count (ALB user guide, quotas). */
function checkQuota(world: ElbWorld, listener: Listener): void {
  const listeners = listenersOf(world, listener.loadBalancer);
  const count = listeners.flatMap((each) => rulesOf(world, each)).length - listeners.length;
  if (count >= world.quotas.rulesPerLoadBalancer) {
    throw new ApiError('TooManyRules', 'The maximum number of rules has been reached');
  }
}

function checkedPriority(priority: number | undefined): number {
  const valid = priority !== undefined && Number.isInteger(priority) && priority >= 1 && priority <= 50_000;
  if (!valid) throw elbInvalid(`Priority '${priority}' must be between 1 and 50000`);
  return priority;
}

function priorityInUse(priority: number): ApiError {
  return new ApiError('PriorityInUse', `Priority '${priority}' is currently in use`);
}

/** Each list that is given replaces the old one as a whole. */
function modify(world: ElbWorld, input: ModifyRuleInput): Rule {
  const rule = ruleOf(world, input.RuleArn);
  if (rule.priority === 'default')
    throw notPermitted('Default rules cannot be modified by ModifyRule, use ModifyListener');
  const conditions = input.Conditions ? checkedConditions(input.Conditions) : rule.conditions;
  const actions = input.Actions ? checkedActions(world, rule.listener.loadBalancer, input.Actions) : rule.actions;
  rule.conditions = conditions;
  rule.actions = actions;
  rulesChanged(world, rule.listener);
  return rule;
}

function remove(world: ElbWorld, input: DeleteRuleInput): object {
  const rule = ruleOf(world, input.RuleArn);
  if (rule.priority === 'default') throw notPermitted(`Default rule '${rule.arn}' cannot be deleted`);
  world.rules.delete(rule.arn);
  rulesChanged(world, rule.listener);
  return {};
}

/** Several at once, so that two can be swapped; what counts is the order at the end. */
function setPriorities(world: ElbWorld, input: SetRulePrioritiesInput): Rule[] {
  const changes = (input.RulePriorities ?? []).map((pair) => ({
    rule: ruleOf(world, pair.RuleArn),
    priority: checkedPriority(pair.Priority),
  }));
  const moved = new Map(changes.map(({ rule, priority }) => [rule, priority]));
  if (changes.some(({ rule }) => rule.priority === 'default'))
    throw notPermitted('The priority of a default rule cannot be changed');
  const listeners = new Set(changes.map(({ rule }) => rule.listener));
  for (const listener of listeners)
    checkOrder(rulesOf(world, listener).map((rule) => moved.get(rule) ?? rule.priority));
  for (const [rule, priority] of moved) rule.priority = priority;
  for (const listener of listeners) rulesChanged(world, listener);
  return [...moved.keys()];
}

function checkOrder(priorities: readonly (number | 'default')[]): void {
  const twice = priorities.find((priority, place) => priorities.indexOf(priority) !== place);
  if (typeof twice === 'number') throw priorityInUse(twice);
}

function describe(world: ElbWorld, input: DescribeRulesInput, call: Call | undefined): object {
  const { ListenerArn: owner, RuleArns: arns = [] } = input;
  if (owner === undefined && arns.length === 0) throw elbInvalid('You must specify either rule ARNs or a listener ARN');
  if (owner !== undefined && arns.length > 0) throw elbInvalid('You cannot specify both rule ARNs and a listener ARN');
  const all = entries(world.catalogue, 'listener-rule', call);
  const chosen =
    owner === undefined
      ? named(all, 'arn', arns, 'listener-rule')
      : inOrder(ownedBy(all, entryOf(world.catalogue, 'listener', owner, call)));
  const { items, next } = elbPage(chosen, input, world.pageSize);
  return { Rules: shapes(items), ...next };
}

/** By priority, the default rule last. */
function inOrder(rules: readonly Entry[]): readonly Entry[] {
  const rank = ({ shape }: Entry): number => Number((shape as Shown).Priority) || Infinity;
  return rules.toSorted((a, b) => rank(a) - rank(b));
}

/** What describes will say of it. */
export function ruleEntry(rule: Rule): Entry {
  const { kind, arn, listener, tags } = rule;
  return { kind, arn, owner: listener.arn, shape: show(rule), attributes: [], tags: tagList(tags) };
}

function show(rule: Rule): Shown {
  return {
    RuleArn: rule.arn,
    Priority: String(rule.priority),
    Conditions: [...rule.conditions],
    Actions: [...rule.actions],
    IsDefault: rule.priority === 'default',
  };
}
