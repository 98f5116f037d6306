import {
  DeregisterTargetsCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyRuleCommand,
  RegisterTargetsCommand,
  type Action,
  type DescribeListenersCommandOutput,
  type DescribeLoadBalancersCommandOutput,
  type DescribeRulesCommandOutput,
  type DescribeTargetGroupAttributesCommandOutput,
  type DescribeTargetGroupsCommandOutput,
  type DescribeTargetHealthCommandOutput,
  type Listener,
  type LoadBalancer,
  type Rule,
  type TargetDescription,
  type TargetGroup,
  type TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { chunk, settle } from './batches.ts';
import type { Send, Session } from './session.ts';

export type { Action, Listener, LoadBalancer, Rule, TargetDescription, TargetGroup, TargetHealthDescription };

/** The ELBv2 API documents no maximum; the Kubernetes AWS cloud provider also sends 100 targets per call. */
const TARGETS_PER_CALL = 100;

/** The ELBv2 requests that turnout sends. Errors are `OperatorError`s. */
export class Elbv2 {
  readonly #send: Send;

  constructor(session: Session) {
    this.#send = session.connect('elasticloadbalancing', new ElasticLoadBalancingV2Client(session.clientConfig()));
  }

  async #pages<Page extends { NextMarker?: string | undefined }>(
    command: (marker: object) => object,
  ): Promise<readonly Page[]> {
    const found: Page[] = [];
    let marker: string | undefined;
    do {
      const page: Page = await this.#send<Page>(command(marker === undefined ? {} : { Marker: marker }));
      found.push(page);
      marker = page.NextMarker;
    } while (marker !== undefined && marker !== '');
    return found;
  }

  /** By name and by ARN, one request each. Rejects with `target-group-not-found`. */
  async targetGroups({
    names,
    arns,
  }: {
    readonly names: readonly string[];
    readonly arns: readonly string[];
  }): Promise<readonly TargetGroup[]> {
    const inputs = [
      ...(names.length > 0 ? [{ Names: [...names] }] : []),
      ...(arns.length > 0 ? [{ TargetGroupArns: [...arns] }] : []),
    ];
    const found = await Promise.all(
      inputs.map((input) =>
        this.#pages<DescribeTargetGroupsCommandOutput>(
          (marker) => new DescribeTargetGroupsCommand({ ...input, ...marker }),
        ),
      ),
    );
    return found.flat().flatMap((page) => page.TargetGroups ?? []);
  }

  /** All target groups of the region. */
  async allTargetGroups(): Promise<readonly TargetGroup[]> {
    const found = await this.#pages<DescribeTargetGroupsCommandOutput>(
      (marker) => new DescribeTargetGroupsCommand(marker),
    );
    return found.flatMap((page) => page.TargetGroups ?? []);
  }

  async attributes(arn: string): Promise<ReadonlyMap<string, string>> {
    const { Attributes } = await this.#send<DescribeTargetGroupAttributesCommandOutput>(
      new DescribeTargetGroupAttributesCommand({ TargetGroupArn: arn }),
    );
    return new Map((Attributes ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
  }

  /** Registered and draining targets. DescribeTargetHealth is not paginated: one request whatever the size. */
  async targetHealth(arn: string): Promise<readonly TargetHealthDescription[]> {
    const output = await this.#send<DescribeTargetHealthCommandOutput>(
      new DescribeTargetHealthCommand({ TargetGroupArn: arn }),
    );
    return output.TargetHealthDescriptions ?? [];
  }

  async register(arn: string, targets: readonly TargetDescription[]): Promise<void> {
    const batches = chunk(targets, TARGETS_PER_CALL);
    await settle(batches.map((Targets) => this.#send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets }))));
  }

  async deregister(arn: string, targets: readonly TargetDescription[]): Promise<void> {
    const batches = chunk(targets, TARGETS_PER_CALL);
    await settle(batches.map((Targets) => this.#send(new DeregisterTargetsCommand({ TargetGroupArn: arn, Targets }))));
  }

  async loadBalancers(arns: readonly string[]): Promise<readonly LoadBalancer[]> {
    return this.#loadBalancers({ LoadBalancerArns: [...arns] });
  }

  /** Rejects with `route-not-found` when one does not exist. */
  async loadBalancersNamed(names: readonly string[]): Promise<readonly LoadBalancer[]> {
    return this.#loadBalancers({ Names: [...names] });
  }

  async #loadBalancers(which: object): Promise<readonly LoadBalancer[]> {
    const found = await this.#pages<DescribeLoadBalancersCommandOutput>(
      (marker) => new DescribeLoadBalancersCommand({ ...which, ...marker }),
    );
    return found.flatMap((page) => page.LoadBalancers ?? []);
  }

  async listeners(loadBalancerArn: string): Promise<readonly Listener[]> {
    return this.#listeners({ LoadBalancerArn: loadBalancerArn });
  }

  async listenersByArn(arns: readonly string[]): Promise<readonly Listener[]> {
    return this.#listeners({ ListenerArns: [...arns] });
  }

  async #listeners(which: object): Promise<readonly Listener[]> {
    const found = await this.#pages<DescribeListenersCommandOutput>(
      (marker) => new DescribeListenersCommand({ ...which, ...marker }),
    );
    return found.flatMap((page) => page.Listeners ?? []);
  }

  async rules(listenerArn: string): Promise<readonly Rule[]> {
    return this.#rules({ ListenerArn: listenerArn });
  }

  /** Rules of any listener. */
  async rulesByArn(arns: readonly string[]): Promise<readonly Rule[]> {
    return this.#rules({ RuleArns: [...arns] });
  }

  async #rules(which: object): Promise<readonly Rule[]> {
    const found = await this.#pages<DescribeRulesCommandOutput>(
      (marker) => new DescribeRulesCommand({ ...which, ...marker }),
    );
    return found.flatMap((page) => page.Rules ?? []);
  }

  /** Replaces all actions of the rule and keeps its conditions (ELBv2 API, ModifyRule). */
  async modifyRule(arn: string, actions: readonly Action[]): Promise<void> {
    await this.#send(new ModifyRuleCommand({ RuleArn: arn, Actions: [...actions] }));
  }

  /** Replaces all default actions of the listener and keeps its other settings (ELBv2 API, ModifyListener). */
  async modifyListener(arn: string, actions: readonly Action[]): Promise<void> {
    await this.#send(new ModifyListenerCommand({ ListenerArn: arn, DefaultActions: [...actions] }));
  }
}
