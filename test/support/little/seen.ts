import type { Verb } from '../../../src/domain/goal.ts';
import type { Request, TargetsInput } from './api.ts';
import type { LittleCloud } from './cloud.ts';
import type { ShownGroups } from './scaling-rules.ts';
import { production, staying, type State } from './state.ts';
import type { Counts } from './surfaces.ts';
import type { Sent } from './wire.ts';

const ROUTE_READS: ReadonlySet<string> = new Set(['DescribeListeners', 'DescribeRules', 'ListResourceRecordSets']);
const NEVER = Number.NEGATIVE_INFINITY;

/** What one process has been shown, and of which moment. */
export class Sight {
  /** By group: the moment that the last reading of it showed. */
  readonly shown = new Map<string, number>();
  /** The moments that the last readings of weights and of tags showed. */
  routes: number;
  tags = NEVER;
  /** The moment that the last reading of Auto Scaling groups showed. */
  scaling = NEVER;
  /** By Auto Scaling group: the moment that the last reading of what it is attached to showed, where that is a reading of its own. */
  readonly attachments = new Map<string, number>();
  /** By layer of OpsWorks: the moment that the last reading of its tags showed. */
  readonly layers = new Map<string, number>();
  /** The oldest moment that something showed in the last search among all target groups of the account, which it begins with. */
  outside = NEVER;
  /** What it was asked to do. */
  verb: Verb | undefined;
  /** What production may not fall below; absent while it continues what others have started. */
  minimum: Counts | undefined;
  /** Groups read since its last change. */
  readonly fresh = new Set<string>();
  /** Its last change. */
  last: Request | undefined;
  /** By group: when it last asked for its health. */
  readonly asked = new Map<string, number>();
  /** By instance: the last moment at which it was shown it in a group to which production goes. */
  readonly servedAt = new Map<string, number>();
  readonly #cloud: LittleCloud;

  constructor(cloud: LittleCloud) {
    this.#cloud = cloud;
    this.routes = cloud.clock.now;
  }

  /** What it was shown of Auto Scaling groups: the groups, and what each is attached to. */
  get shownGroups(): ShownGroups {
    return {
      groups: this.#cloud.stateAt(this.scaling),
      attachmentsOf: (name) => this.#cloud.stateAt(this.attachments.get(name) ?? this.scaling),
    };
  }

  /** A reading arrives; the group that it shows, if it shows one. */
  read({ operation, input, lagMs }: Sent): { readonly group: string; readonly time: number } | undefined {
    const time = this.#cloud.clock.now - lagMs;
    if (operation === 'DescribeAutoScalingGroups') this.scaling = time;
    if (operation === 'DescribeTrafficSources')
      this.attachments.set((input as { readonly AutoScalingGroupName: string }).AutoScalingGroupName, time);
    if (ROUTE_READS.has(operation) && this.#showsRoutes(operation, input)) this.routes = time;
    if (operation === 'DescribeTargetGroups' && !('Names' in input)) this.outside = time;
    if (operation === 'DescribeListeners' || operation === 'DescribeRules') this.outside = Math.min(this.outside, time);
    // An older reading of some of them may show tags that are gone. That of OpsWorks has none.
    if (operation === 'DescribeInstances' && !isOfStack(input))
      this.tags = isOfSome(input) ? Math.min(this.tags, time) : time;
    if (operation === 'ListTags') this.layers.set((input as { readonly ResourceArn: string }).ResourceArn, time);
    if (operation !== 'DescribeTargetHealth') return undefined;
    const name = (input as unknown as TargetsInput).TargetGroupArn.replace('arn:', '');
    this.shown.set(name, time);
    this.fresh.add(name);
    const routes = this.#cloud.stateAt(this.routes);
    const group = this.#cloud.stateAt(time).groups.get(name);
    if (group !== undefined && production(routes).some((one) => one.name === name))
      for (const id of staying(group)) this.servedAt.set(id, time);
    return { group: name, time };
  }

  /** The rules of a listener that leads nowhere of ours show no weights of production. */
  #showsRoutes(operation: string, input: Sent['input']): boolean {
    if (operation !== 'DescribeRules') return true;
    const { ListenerArn: listener, RuleArns: rules = [] } = input as {
      readonly ListenerArn?: string;
      readonly RuleArns?: readonly string[];
    };
    const ways = [...(this.#cloud.state.ways?.keys() ?? [])];
    return ways.some((arn) => rules.includes(arn) || arn === listener || arn.startsWith(`${listener}:`));
  }
}

/** It asks for instances by their ids or by their fleet, and not for all of ours. */
function isOfSome(input: Sent['input']): boolean {
  const { Filters = [] } = input as { readonly Filters?: readonly { readonly Name: string }[] };
  return Filters.some(({ Name }) => Name === 'instance-id' || Name.endsWith(':fleet'));
}

/** It asks OpsWorks, which has a request of the same name. */
function isOfStack(input: Sent['input']): boolean {
  return 'StackId' in input || 'LayerId' in input;
}

/** What acts by hand have changed, and when each thing was last changed so. */
export class Hand {
  readonly #groups = new Map<string, number>();
  /** What is of others. */
  readonly #othersGroups = new Map<string, number>();
  #othersWays = NEVER;
  #routes = NEVER;
  #tags = NEVER;
  readonly #layers = new Map<string, number>();

  /** An act by hand made `after` of `before`. */
  note(before: State, after: State, now: number): void {
    const names = new Set([...before.groups.keys(), ...after.groups.keys()]);
    for (const name of names) {
      const group = after.groups.get(name);
      const changed = group?.others === true ? this.#othersGroups : this.#groups;
      if (before.groups.get(name) !== group) changed.set(name, now);
    }
    if (before.others !== after.others) this.#othersWays = now;
    if (before.ways !== after.ways) this.#routes = now;
    const tagsIn = ({ boxes }: State) => JSON.stringify([...boxes.values()].map(({ tags }) => tags));
    if (tagsIn(before) !== tagsIn(after)) this.#tags = now;
    for (const [id, layer] of after.stack?.layers ?? [])
      if (before.stack?.layers.get(id)?.tags !== layer.tags) this.#layers.set(id, now);
  }

  /** Whether it changed what leads to production since then. */
  movedAfter(time: number): boolean {
    return this.#routes > time;
  }

  /** The same for what is of others. */
  isOutsideSeenBy({ shown, outside }: Sight): boolean {
    const groups = [...this.#othersGroups].every(([name, at]) => (shown.get(name) ?? NEVER) >= at);
    return groups && outside >= this.#othersWays;
  }

  /** The process has looked at all that the hand has changed; what it could not have seen is not held against it. */
  isSeenBy({ shown, routes, tags, layers }: Sight): boolean {
    const groups = [...this.#groups].every(([name, at]) => (shown.get(name) ?? NEVER) >= at);
    const isOfLayers = [...this.#layers].every(([id, at]) => (layers.get(id) ?? NEVER) >= at);
    return groups && isOfLayers && routes >= this.#routes && tags >= this.#tags;
  }
}
