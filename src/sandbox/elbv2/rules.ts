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
import {
  entriesOfKind,
  entryOf,
  entriesNamed,
  ownedBy,
  entryShapes,
  elbTagList,
  type CatalogueEntry,
} from './catalogue.ts';
import { checkedConditions } from './conditions.ts';
import { elbv2Unsupported, notPermitted, validationError } from './errors.ts';
import { resourcePath } from './listeners.ts';
import type { Listener, Rule } from './model.ts';
import { pageByMarker } from './paging.ts';
import { rulesChanged } from './routing.ts';
import { arnOf, listenerOf, listenersOf, newHexId, ruleOf, rulesOf, tagsFrom, type Elbv2State } from './state.ts';

export function ruleOperations(state: Elbv2State): Record<string, Operation> {
  return {
    CreateRule: (input: CreateRuleInput) => ({ Rules: [ruleShape(create(state, input))] }),
    DescribeRules: (input: DescribeRulesInput, call?: Call) => describe(state, input, call),
    ModifyRule: (input: ModifyRuleInput) => ({ Rules: [ruleShape(modify(state, input))] }),
    DeleteRule: (input: DeleteRuleInput) => remove(state, input),
    SetRulePriorities: (input: SetRulePrioritiesInput) => ({ Rules: setPriorities(state, input).map(ruleShape) }),
  };
}

function create(state: Elbv2State, input: CreateRuleInput): Rule {
  const listener = listenerOf(state, input.ListenerArn);
  const priority = checkedPriority(input.Priority);
  if (listener.loadBalancer.type === 'network') throw elbv2Unsupported('rules of a Network Load Balancer');
  const conditions = checkedConditions(input.Conditions);
  const actions = checkedActions(state, listener.loadBalancer, input.Actions);
  if (rulesOf(state, listener).some((rule) => rule.priority === priority)) throw priorityInUse(priority);
  checkQuota(state, listener);
  const arn = arnOf(state, `listener-rule/${resourcePath(listener.arn)}/${newHexId()}`);
  const tags = tagsFrom(input.Tags);
  const rule: Rule = { kind: 'listener-rule', arn, listener, priority, conditions, actions, tags };
  state.rules.set(arn, rule);
  rulesChanged(state, listener);
  return rule;
}

/** Default rules do not count (ALB user guide, "Quotas"). */
function checkQuota(state: Elbv2State, listener: Listener): void {
  const listeners = listenersOf(state, listener.loadBalancer);
  const count = listeners.flatMap((each) => rulesOf(state, each)).length - listeners.length;
  if (count >= state.quotas.rulesPerLoadBalancer) {
    throw new ApiError('TooManyRules', 'The maximum number of rules has been reached');
  }
}

function checkedPriority(priority: number | undefined): number {
  const valid = priority !== undefined && Number.isInteger(priority) && priority >= 1 && priority <= 50_000;
  if (!valid) throw validationError(`Priority '${priority}' must be between 1 and 50000`);
  return priority;
}

function priorityInUse(priority: number): ApiError {
  return new ApiError('PriorityInUse', `Priority '${priority}' is currently in use`);
}

/** A given list replaces the whole old one. */
function modify(state: Elbv2State, input: ModifyRuleInput): Rule {
  const rule = ruleOf(state, input.RuleArn);
  if (rule.priority === 'default')
    throw notPermitted('Default rules cannot be modified by ModifyRule, use ModifyListener');
  const conditions = input.Conditions ? checkedConditions(input.Conditions) : rule.conditions;
  const actions = input.Actions ? checkedActions(state, rule.listener.loadBalancer, input.Actions) : rule.actions;
  rule.conditions = conditions;
  rule.actions = actions;
  rulesChanged(state, rule.listener);
  return rule;
}

function remove(state: Elbv2State, input: DeleteRuleInput): object {
  const rule = ruleOf(state, input.RuleArn);
  if (rule.priority === 'default') throw notPermitted(`Default rule '${rule.arn}' cannot be deleted`);
  state.rules.delete(rule.arn);
  rulesChanged(state, rule.listener);
  return {};
}

/** Only the final order is validated, so that two rules can be swapped. */
function setPriorities(state: Elbv2State, input: SetRulePrioritiesInput): Rule[] {
  const changes = (input.RulePriorities ?? []).map((pair) => ({
    rule: ruleOf(state, pair.RuleArn),
    priority: checkedPriority(pair.Priority),
  }));
  const moved = new Map(changes.map(({ rule, priority }) => [rule, priority]));
  if (changes.some(({ rule }) => rule.priority === 'default'))
    throw notPermitted('The priority of a default rule cannot be changed');
  const listeners = new Set(changes.map(({ rule }) => rule.listener));
  for (const listener of listeners)
    checkOrder(rulesOf(state, listener).map((rule) => moved.get(rule) ?? rule.priority));
  for (const [rule, priority] of moved) rule.priority = priority;
  for (const listener of listeners) rulesChanged(state, listener);
  return [...moved.keys()];
}

function checkOrder(priorities: readonly (number | 'default')[]): void {
  const duplicate = priorities.find((priority, place) => priorities.indexOf(priority) !== place);
  if (typeof duplicate === 'number') throw priorityInUse(duplicate);
}

function describe(state: Elbv2State, input: DescribeRulesInput, call: Call | undefined): object {
  const { ListenerArn: owner, RuleArns: arns = [] } = input;
  if (owner === undefined && arns.length === 0)
    throw validationError('You must specify either rule ARNs or a listener ARN');
  if (owner !== undefined && arns.length > 0)
    throw validationError('You cannot specify both rule ARNs and a listener ARN');
  const all = entriesOfKind(state.catalogue, 'listener-rule', call);
  const chosen =
    owner === undefined
      ? entriesNamed(all, 'arn', arns, 'listener-rule')
      : inOrder(ownedBy(all, entryOf(state.catalogue, 'listener', owner, call)));
  const { items, next } = pageByMarker(chosen, input, state.pageSize);
  return { Rules: entryShapes(items), ...next };
}

/** By priority; the default rule is last. */
function inOrder(rules: readonly CatalogueEntry[]): readonly CatalogueEntry[] {
  const rank = ({ shape }: CatalogueEntry): number => Number((shape as Shown).Priority) || Infinity;
  return rules.toSorted((a, b) => rank(a) - rank(b));
}

/** The catalogue entry of a rule. */
export function ruleEntry(rule: Rule): CatalogueEntry {
  const { kind, arn, listener, tags } = rule;
  return { kind, arn, owner: listener.arn, shape: ruleShape(rule), attributes: [], tags: elbTagList(tags) };
}

function ruleShape(rule: Rule): Shown {
  return {
    RuleArn: rule.arn,
    Priority: String(rule.priority),
    Conditions: [...rule.conditions],
    Actions: [...rule.actions],
    IsDefault: rule.priority === 'default',
  };
}
