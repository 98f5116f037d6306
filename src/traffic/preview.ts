import type { Action, Elbv2, NewRule, Rule, RuleCondition } from '../aws/elbv2.ts';
import type { Config, PreviewConfig } from '../config/config.ts';
import { defined } from '../domain/defined.ts';
import type { Ownership } from '../domain/owners.ts';
import type { Preview, PreviewPlace, PreviewRule } from '../domain/preview.ts';
import { weightsIn } from './actions.ts';
import { findGroups } from './find-groups.ts';
import { findRoutes } from './find-rules.ts';
import { listenersFor, routeName, urlOf, type FoundListener } from './routes-to.ts';
import { inRole, remember } from './target-groups.ts';
import { isReadable, isUnreadable, notHere, orUnreadable } from './traffic.ts';

/** A rule that is to lead some requests to green. */
interface NewPreview {
  /** ARN of what leads to production, above which it stands: of a place that was read last. */
  readonly above: string;
  /** ARN of the target group. */
  readonly group: string;
  readonly fleet: string;
  readonly release: string;
}

/** The rules of `preview` in the config. */
export interface PreviewPort {
  /** The config has it. */
  readonly isWanted: boolean;
  /** What finds the listeners of production's load balancers, one request for each, and one for the tags of 20 of their rules. */
  read(): Promise<Preview>;
  /** One request. A second one is refused by AWS, and does no harm: see `Elbv2.createRule`. */
  createRule(rule: NewPreview): Promise<void>;
  /** One request for each. Those that are not there any more are gone. */
  deleteRules(arns: readonly string[]): Promise<void>;
}

export const NO_PREVIEW: PreviewPort = {
  isWanted: false,
  read: async () => ({ state: 'none' }),
  createRule: notHere,
  deleteRules: notHere,
};

/** What a rule above one place is made of. */
type Blueprint = Omit<NewRule, 'tags'>;

export function createPreviews(
  elbv2: Elbv2,
  { traffic, preview }: Pick<Config, 'traffic' | 'preview'>,
  owner: Ownership,
): PreviewPort {
  if (traffic.kind === 'weighted-dns') return NO_PREVIEW;
  const tags = tagsOf(owner);
  const named = traffic.kind === 'target-groups' ? traffic.production : traffic.groups;
  // At each reading: others add and delete listeners while servers boot, or an approval is waited for.
  const listeners = async () => {
    const groups = (await findGroups(elbv2, inRole('production', named), undefined)).filter(isReadable);
    return {
      groups: groups.map(({ arn }) => arn),
      found: await listenersFor(
        elbv2,
        groups.map(({ group }) => group),
      ),
    };
  };
  /** ARNs of production's own routes, where the config names them. */
  const routes = remember(async () => {
    if (traffic.kind === 'target-groups') return undefined;
    const found = await findRoutes(elbv2, inRole('production', traffic.production));
    return found.filter(isReadable).map(({ place }) => place.ruleArn ?? place.listenerArn);
  });
  let blueprints: ReadonlyMap<string, Blueprint> = new Map();

  const read = async (): Promise<Preview> => {
    const [{ groups, found }, configured] = await Promise.all([listeners(), routes()]);
    const isProduction = (arn: string, rule: Rule): boolean =>
      configured?.includes(arn) ?? groups.some((group) => (weightsIn(rule.Actions ?? []).get(group) ?? 0) > 0);
    const seen = await Promise.all(found.map(async (one) => readListener(elbv2, one, tags, preview)));
    const planned = seen.flatMap((one) => plansFor(one, isProduction, preview));
    blueprints = new Map(planned.flatMap(({ place, blueprint }) => (blueprint ? [[place.arn, blueprint]] : [])));
    return {
      state: 'seen',
      ...(preview && { by: wordsOf(preview) }),
      rules: seen.flatMap(({ ours }) => ours.map(({ rule }) => rule)),
      places: planned.map(({ place }) => place),
    };
  };

  return {
    isWanted: preview !== undefined,
    read: async () => {
      const seen = await orUnreadable('preview', read());
      return isUnreadable(seen) ? { state: 'unreadable', why: seen.why, next: seen.next } : seen;
    },
    createRule: async ({ above, group, fleet, release }) => {
      const blueprint = blueprints.get(above);
      if (blueprint === undefined) throw new Error(`No rule can be made above ${above}.`);
      const actions = leadingTo(blueprint.actions, group);
      await elbv2.createRule({ ...blueprint, actions, tags: tags.write({ fleet, release, above }) });
    },
    deleteRules: async (arns) => {
      for (const arn of arns) await elbv2.deleteRule(arn);
    },
  };
}

type Tags = Readonly<Record<string, string>>;

/** By these tags a rule is ours, and nobody else's. */
function tagsOf({ tagPrefix, environment }: Ownership) {
  const key = (name: string): string => `${tagPrefix}:${name}`;
  return {
    write: (rule: Pick<PreviewRule, 'fleet' | 'release' | 'above'>): Tags => ({
      [key('environment')]: environment,
      [key('fleet')]: rule.fleet,
      [key('release')]: rule.release,
      [key('preview')]: rule.above,
    }),
    read: (tags: Tags): Pick<PreviewRule, 'fleet' | 'release' | 'above'> | undefined => {
      const { [key('fleet')]: fleet, [key('release')]: release = '', [key('preview')]: above } = tags;
      const isOurs = tags[key('environment')] === environment && fleet !== undefined && above !== undefined;
      return isOurs ? { fleet, release, above } : undefined;
    },
  };
}

/** Whether a rule with these tags is a preview of that environment. */
export function isPreview(tags: Tags | undefined, owner: Ownership): boolean {
  return tags !== undefined && tagsOf(owner).read(tags) !== undefined;
}

interface ReadListener extends FoundListener {
  /** Without ours. */
  readonly rules: readonly Rule[];
  readonly ours: readonly { readonly rule: PreviewRule; readonly priority: number }[];
}

async function readListener(
  elbv2: Elbv2,
  found: FoundListener,
  { read }: ReturnType<typeof tagsOf>,
  preview: PreviewConfig | undefined,
): Promise<ReadListener> {
  const { balancer, listener } = found;
  const { ListenerArn: arn = '', DefaultActions: Actions } = listener;
  // A Network Load Balancer has none.
  if (balancer.Type === 'network') return { ...found, rules: [{ IsDefault: true, RuleArn: arn, Actions }], ours: [] };
  const rules = await elbv2.rules(arn);
  const tags = await elbv2.tags(rules.flatMap(({ IsDefault, RuleArn }) => (IsDefault ? [] : (RuleArn ?? []))));
  const above = (place: string) => rules.find((rule) => (rule.IsDefault ? arn : rule.RuleArn) === place);
  const ours = rules.flatMap((rule): ReadListener['ours'] => {
    const tagged = read(tags.get(rule.RuleArn ?? '') ?? {});
    if (tagged === undefined) return [];
    const [[group, weight] = [], second] = [...weightsIn(rule.Actions ?? [])];
    const leads = second === undefined && (weight ?? 0) > 0 ? { group } : {};
    const isOutdated = preview !== undefined && !isAsNow(rule, above(tagged.above), preview);
    const name = routeName(balancer, listener, rule.Priority);
    const one = { arn: rule.RuleArn ?? '', name, ...tagged, ...defined(leads), ...(isOutdated && { isOutdated }) };
    return [{ rule: one, priority: Number(rule.Priority) }];
  });
  const own = new Set(ours.map(({ rule }) => rule.arn));
  return { ...found, rules: rules.filter(({ RuleArn }) => !own.has(RuleArn ?? '')), ours };
}

interface Planned {
  readonly place: PreviewPlace;
  readonly blueprint?: Blueprint;
}

function plansFor(
  { balancer, listener, rules, ours }: ReadListener,
  isProduction: (arn: string, rule: Rule) => boolean,
  preview: PreviewConfig | undefined,
): readonly Planned[] {
  const listenerArn = listener.ListenerArn ?? '';
  return rules.flatMap((rule): readonly Planned[] => {
    const arn = rule.IsDefault ? listenerArn : (rule.RuleArn ?? '');
    if (!isProduction(arn, rule)) return [];
    const name = rule.IsDefault ? routeName(balancer, listener) : routeName(balancer, listener, rule.Priority);
    const at = { arn, name, url: urlOf(balancer, listener), balancer: balancer.LoadBalancerArn ?? '' };
    const others = ours.filter((one) => one.rule.above !== arn);
    const priority = freeAbove(
      rule,
      rules,
      others.map((one) => one.priority),
    );
    const conditions = conditionsAbove(rule, preview);
    const problem = problemOf(name, balancer.Type, rule, conditions, priority);
    if (problem !== undefined || priority === undefined) return [{ place: { ...at, ...defined({ problem }) } }];
    const { Actions: actions = [], Transforms: transforms = [] } = rule;
    return [{ place: { ...at, priority }, blueprint: { listenerArn, priority, conditions, actions, transforms } }];
  });
}

/** Where Terraform and others look for the next free one, it is one more than the highest: so much is left to them. */
const ABOVE_DEFAULT = 49_000;
const LOWEST = 50_000;

/**
 * Above the rule, with nothing between that is not ours, so that it takes nothing from any other; undefined where nothing is free
 * there. `ours`: priorities of our rules above other places. One that is above this place goes before another one is made.
 */
function freeAbove({ IsDefault, Priority }: Rule, rules: readonly Rule[], ours: readonly number[]): number | undefined {
  const taken = rules.filter((rule) => !rule.IsDefault).map((rule) => Number(rule.Priority));
  if (IsDefault) {
    const below = Math.max(ABOVE_DEFAULT, ...[...taken, ...ours].map((priority) => priority + 1));
    return below > LOWEST ? undefined : below;
  }
  const highest = Math.max(0, ...taken.filter((priority) => priority < Number(Priority)));
  let free = Number(Priority) - 1;
  while (free > highest && ours.includes(free)) free -= 1;
  return free > highest ? free : undefined;
}

/** Values of all conditions of a rule together (ALB user guide, quotas). */
const VALUES_MAX = 5;

function problemOf(
  name: string,
  type: string | undefined,
  { Actions = [] }: Rule,
  conditions: readonly RuleCondition[],
  priority: number | undefined,
): string | undefined {
  if (type === 'network') return `${name} is of a Network Load Balancer, which has no rules.`;
  if (Actions.some(({ Type }) => Type === 'authenticate-oidc'))
    return `${name} lets clients log in by OIDC, and its client secret cannot be read for another rule.`;
  const values = conditions.reduce((sum, condition) => sum + valuesOf(condition), 0);
  if (values > VALUES_MAX)
    return `${name} and \`preview\` have ${values} values in their conditions together, and a rule takes ${VALUES_MAX}.`;
  return priority === undefined ? `No priority is free directly above ${name}.` : undefined;
}

function valuesOf({ Values, RegexValues, ...configs }: RuleCondition): number {
  const lists = [Values, RegexValues, ...Object.values(configs).map((one) => (one as { Values?: unknown[] }).Values)];
  return lists.find((one) => Array.isArray(one) && one.length > 0)?.length ?? 1;
}

/** Hosts and paths are described in two forms, and taken in one (ELBv2 API, RuleCondition). */
function resendable({ Values, ...condition }: RuleCondition): RuleCondition {
  return Object.keys(condition).some((key) => key.endsWith('Config'))
    ? condition
    : { ...condition, ...defined({ Values }) };
}

function conditionOf(preview: PreviewConfig): RuleCondition {
  if (preview.by === 'source') return { Field: 'source-ip', SourceIpConfig: { Values: [...preview.blocks] } };
  const { name, value } = preview;
  if (preview.by === 'header')
    return { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: name, Values: [value] } };
  const pair = `${name}=${value}`;
  // The only one, the first, the last, or one among others: it must not be the end or the beginning of another's name or value.
  const Values = [pair, `${pair};*`, `*; ${pair}`, `*; ${pair};*`];
  return { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'Cookie', Values } };
}

/** Of a rule above this one. */
function conditionsAbove({ Conditions = [] }: Rule, preview: PreviewConfig | undefined): readonly RuleCondition[] {
  return [...Conditions.map(resendable), ...(preview ? [conditionOf(preview)] : [])];
}

/** Whether one that is made now would ask for the same; and it is reached, so that it stands before what it was made for. */
function isAsNow({ Conditions = [], Priority }: Rule, above: Rule | undefined, preview: PreviewConfig): boolean {
  if (above === undefined) return false;
  const isBefore = above.IsDefault || Number(Priority) < Number(above.Priority);
  return isBefore && textOf(Conditions) === textOf(conditionsAbove(above, preview));
}

/** The same for the same conditions, in whatever order. */
function textOf(conditions: readonly RuleCondition[]): string {
  const sorted = (_key: string, value: unknown): unknown => {
    if (Array.isArray(value)) return value.map((one) => JSON.stringify(one, sorted)).toSorted();
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  };
  return JSON.stringify(conditions.map(resendable), sorted).toLowerCase();
}

function wordsOf(preview: PreviewConfig): string {
  if (preview.by === 'source') return `source address ${preview.blocks.join(' or ')}`;
  return preview.by === 'header'
    ? `header ${preview.name}: ${preview.value}`
    : `cookie ${preview.name}=${preview.value}`;
}

/** The same actions, such as a login, and in the end that group. */
function leadingTo(actions: readonly Action[], group: string): readonly Action[] {
  return actions.map(({ Type, Order, ...rest }): Action => {
    if (Type !== 'forward') return { Type, ...rest, ...defined({ Order }) };
    return { Type, TargetGroupArn: group, ...defined({ Order }) };
  });
}
