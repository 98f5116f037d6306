import * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import type {
  Action,
  Listener,
  LoadBalancer,
  Rule,
  RuleCondition,
  TargetDescription,
  TargetGroup,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { OperatorError } from '../errors.ts';
import { chunk, settle } from './batches.ts';
import { pageItems } from './pages.ts';
import type { Send, Session } from './session.ts';

export type {
  Action,
  Listener,
  LoadBalancer,
  Rule,
  RuleCondition,
  TargetDescription,
  TargetGroup,
  TargetHealthDescription,
};

/** A rule that is to be made. */
export interface NewRule {
  readonly listenerArn: string;
  readonly priority: number;
  readonly conditions: readonly RuleCondition[];
  readonly actions: readonly Action[];
  readonly transforms: NonNullable<Rule['Transforms']>;
  readonly tags: Readonly<Record<string, string>>;
}

/** The ELBv2 API documents no maximum; the Kubernetes AWS cloud provider also sends 100 targets per call. */
const TARGETS_PER_CALL = 100;
/** Load balancers of DescribeLoadBalancers, resources of DescribeTags (ELBv2 API reference). */
const ARNS_PER_CALL = 20;

/** The ELBv2 requests that turnout sends. Errors are `OperatorError`s. */
export class Elbv2 {
  readonly #send: Send;

  constructor(session: Session) {
    const client = new sdk.ElasticLoadBalancingV2Client(session.clientConfig());
    this.#send = session.connect('elasticloadbalancing', client);
  }

  /** By name and by ARN, one request each. Rejects with `target-group-not-found`. */
  async targetGroups(which: {
    readonly names: readonly string[];
    readonly arns: readonly string[];
  }): Promise<readonly TargetGroup[]> {
    const found = await Promise.all([
      which.names.length > 0 ? this.#targetGroups({ Names: [...which.names] }) : [],
      which.arns.length > 0 ? this.#targetGroups({ TargetGroupArns: [...which.arns] }) : [],
    ]);
    return found.flat();
  }

  /** All target groups of the region. */
  async allTargetGroups(): Promise<readonly TargetGroup[]> {
    return this.#targetGroups({});
  }

  /** Those that the load balancer's listeners forward to. */
  async targetGroupsAt(loadBalancerArn: string): Promise<readonly TargetGroup[]> {
    return this.#targetGroups({ LoadBalancerArn: loadBalancerArn });
  }

  async #targetGroups(which: sdk.DescribeTargetGroupsCommandInput): Promise<readonly TargetGroup[]> {
    const command = (Marker?: string) => new sdk.DescribeTargetGroupsCommand({ ...which, Marker });
    return pageItems(this.#send, command, (page) => page.TargetGroups);
  }

  async attributes(arn: string): Promise<ReadonlyMap<string, string>> {
    const command = new sdk.DescribeTargetGroupAttributesCommand({ TargetGroupArn: arn });
    const { Attributes = [] } = await this.#send(command);
    return new Map(Attributes.map(({ Key = '', Value = '' }) => [Key, Value]));
  }

  async loadBalancerAttributes(arn: string): Promise<ReadonlyMap<string, string>> {
    const command = new sdk.DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: arn });
    const { Attributes = [] } = await this.#send(command);
    return new Map(Attributes.map(({ Key = '', Value = '' }) => [Key, Value]));
  }

  /** Quotas of the account in this region, by ELB's names, such as `targets-per-application-load-balancer`. */
  async limits(): Promise<ReadonlyMap<string, number>> {
    const command = (Marker?: string) => new sdk.DescribeAccountLimitsCommand({ Marker });
    const all = await pageItems(this.#send, command, (page) => page.Limits);
    return new Map(all.map(({ Name = '', Max = '' }) => [Name, Number(Max)]));
  }

  /** Registered and draining targets. DescribeTargetHealth is not paginated: one request whatever the size. */
  async targetHealth(arn: string): Promise<readonly TargetHealthDescription[]> {
    const output = await this.#send(new sdk.DescribeTargetHealthCommand({ TargetGroupArn: arn }));
    return output.TargetHealthDescriptions ?? [];
  }

  async register(arn: string, targets: readonly TargetDescription[]): Promise<void> {
    const inputs = chunk(targets, TARGETS_PER_CALL).map((Targets) => ({ TargetGroupArn: arn, Targets }));
    await settle(inputs.map((input) => this.#send(new sdk.RegisterTargetsCommand(input))));
  }

  async deregister(arn: string, targets: readonly TargetDescription[]): Promise<void> {
    const inputs = chunk(targets, TARGETS_PER_CALL).map((Targets) => ({ TargetGroupArn: arn, Targets }));
    await settle(inputs.map((input) => this.#send(new sdk.DeregisterTargetsCommand(input))));
  }

  async loadBalancers(arns: readonly string[]): Promise<readonly LoadBalancer[]> {
    const batches = chunk(arns, ARNS_PER_CALL);
    const found = await Promise.all(batches.map(async (LoadBalancerArns) => this.#loadBalancers({ LoadBalancerArns })));
    return found.flat();
  }

  /** Rejects with `route-not-found` when one does not exist. */
  async loadBalancersNamed(names: readonly string[]): Promise<readonly LoadBalancer[]> {
    return this.#loadBalancers({ Names: [...names] });
  }

  async #loadBalancers(which: sdk.DescribeLoadBalancersCommandInput): Promise<readonly LoadBalancer[]> {
    const command = (Marker?: string) => new sdk.DescribeLoadBalancersCommand({ ...which, Marker });
    return pageItems(this.#send, command, (page) => page.LoadBalancers);
  }

  async listeners(loadBalancerArn: string): Promise<readonly Listener[]> {
    return this.#listeners({ LoadBalancerArn: loadBalancerArn });
  }

  async listenersByArn(arns: readonly string[]): Promise<readonly Listener[]> {
    return this.#listeners({ ListenerArns: [...arns] });
  }

  async #listeners(which: sdk.DescribeListenersCommandInput): Promise<readonly Listener[]> {
    const command = (Marker?: string) => new sdk.DescribeListenersCommand({ ...which, Marker });
    return pageItems(this.#send, command, (page) => page.Listeners);
  }

  async rules(listenerArn: string): Promise<readonly Rule[]> {
    return this.#rules({ ListenerArn: listenerArn });
  }

  /** Rules of any listener. */
  async rulesByArn(arns: readonly string[]): Promise<readonly Rule[]> {
    return this.#rules({ RuleArns: [...arns] });
  }

  async #rules(which: sdk.DescribeRulesCommandInput): Promise<readonly Rule[]> {
    const command = (Marker?: string) => new sdk.DescribeRulesCommand({ ...which, Marker });
    return pageItems(this.#send, command, (page) => page.Rules);
  }

  /** Tags by ARN, of groups, listeners and rules. Rejects when one does not exist. */
  async tags(arns: readonly string[]): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
    const batches = chunk(arns, ARNS_PER_CALL);
    const pages = await Promise.all(
      batches.map(async (ResourceArns) => this.#send(new sdk.DescribeTagsCommand({ ResourceArns }))),
    );
    const all = pages.flatMap(({ TagDescriptions = [] }) => TagDescriptions);
    return new Map(
      all.map(({ ResourceArn = '', Tags = [] }) => [
        ResourceArn,
        Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
      ]),
    );
  }

  /** Replaces all actions of the rule and keeps its conditions (ELBv2 API, ModifyRule). */
  async modifyRule(arn: string, actions: readonly Action[]): Promise<void> {
    await this.#send(new sdk.ModifyRuleCommand({ RuleArn: arn, Actions: [...actions] }));
  }

  /**
   * Not idempotent: a second one finds its priority in use (ELBv2 API, CreateRule). Rejects with `priority-in-use`, which passes once
   * the rules are read again.
   */
  async createRule({ listenerArn, priority, conditions, actions, transforms, tags }: NewRule): Promise<void> {
    const input = {
      ListenerArn: listenerArn,
      Priority: priority,
      Conditions: [...conditions],
      Actions: [...actions],
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      ...(transforms.length > 0 && { Transforms: [...transforms] }),
    };
    await this.#send(new sdk.CreateRuleCommand(input)).catch((error: unknown) => {
      if (!(error instanceof OperatorError && nameOf(error.cause) === 'PriorityInUse')) throw error;
      throw new OperatorError('priority-in-use', 'Another rule has that priority since the rules were read.', {
        next: ['Run this again: it looks for a free priority.'],
        transient: true,
        cause: error,
      });
    });
  }

  /** Nothing where there is no such rule any more. */
  async deleteRule(arn: string): Promise<void> {
    await this.#send(new sdk.DeleteRuleCommand({ RuleArn: arn })).catch((error: unknown) => {
      if (!(error instanceof OperatorError && nameOf(error.cause) === 'RuleNotFound')) throw error;
    });
  }

  /** Replaces all default actions of the listener and keeps its other settings (ELBv2 API, ModifyListener). */
  async modifyListener(arn: string, actions: readonly Action[]): Promise<void> {
    await this.#send(new sdk.ModifyListenerCommand({ ListenerArn: arn, DefaultActions: [...actions] }));
  }
}

/** On the wire the names of errors end with `Exception`, and in the SDK too. */
function nameOf(error: unknown): string {
  return (error as { readonly name?: string } | undefined)?.name?.replace(/Exception$/, '') ?? '';
}
