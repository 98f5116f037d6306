import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { createRoute53, type EmulatedRoute53 } from '../../src/sandbox/route53/index.ts';
import type { BalancerEndpoint, DnsTimes } from '../../src/sandbox/route53/model.ts';
import { createScheduler } from '../../src/sandbox/scheduler.ts';
import type { Clock } from '../../src/clock.ts';
import { VirtualClock } from './virtual-clock.ts';

export const BALANCER_ZONE = 'ZBALANCERS';

export interface FakeBalancer {
  address: string;
  healthy: boolean;
}

/** Route 53 on its own, with load balancers that are only claimed to exist and a clock that stands still. */
export class NamesRig {
  readonly route53: EmulatedRoute53;
  readonly times: DnsTimes = { processingMs: 0, propagationMs: 0, insyncMs: 0, ttlMs: 60_000 };
  /** By DNS name, such as `blue.elb.test`. */
  readonly balancers = new Map<string, FakeBalancer>();

  constructor(clock: Clock = new VirtualClock(), pageSize = 100) {
    this.route53 = createRoute53({
      clock,
      pageSize,
      scheduler: createScheduler(clock),
      times: this.times,
      balancer: (name) => this.#endpoint(name),
    });
  }

  #endpoint(name: string): BalancerEndpoint | undefined {
    const found = this.balancers.get(name);
    return found && { zoneId: BALANCER_ZONE, address: found.address, healthy: () => found.healthy };
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- outputs differ by operation; a wrong one fails the test
  async call(operation: string, input: object = {}): Promise<any> {
    const run = this.route53.operations[operation];
    if (!run) throw new Error(`There is no operation ${operation}`);
    return await run(input);
  }

  /** Makes a zone and returns its id. */
  async zone(name = 'shop.test'): Promise<string> {
    const { HostedZone } = await this.call('CreateHostedZone', { Name: name, CallerReference: `made-${name}` });
    return HostedZone.Id.replace('/hostedzone/', '');
  }

  /** Returns the id of the change. */
  async change(zone: string, ...changes: Change[]): Promise<string> {
    const output = await this.call('ChangeResourceRecordSets', {
      HostedZoneId: zone,
      ChangeBatch: { Changes: changes },
    });
    return output.ChangeInfo.Id;
  }

  /** Lines such as `www.shop.test. A blue 255 127.0.0.2`. */
  async records(zone: string): Promise<string[]> {
    const { ResourceRecordSets } = await this.call('ListResourceRecordSets', { HostedZoneId: zone });
    const sets = ResourceRecordSets as ResourceRecordSet[];
    return sets.filter(({ Type }) => Type !== 'SOA' && Type !== 'NS').map(line);
  }
}

function line({ Name, Type, SetIdentifier, Weight, AliasTarget, ResourceRecords }: ResourceRecordSet): string {
  const values = AliasTarget ? [`-> ${AliasTarget.DNSName}`] : (ResourceRecords ?? []).map(({ Value }) => Value);
  return [Name, Type, SetIdentifier, Weight, ...values].filter((part) => part !== undefined).join(' ');
}

type Extra = Partial<ResourceRecordSet>;

/** A record set with one value: `plain('www.shop.test', '127.0.0.2')`. */
export function plain(Name: string, Value: string, extra: Extra = {}): ResourceRecordSet {
  return { Name, Type: 'A', TTL: 60, ResourceRecords: [{ Value }], ...extra };
}

export function weighted(SetIdentifier: string, Weight: number, Value: string, extra: Extra = {}): ResourceRecordSet {
  return plain('www.shop.test', Value, { SetIdentifier, Weight, ...extra });
}

/** A weighted alias to a load balancer; evaluates its health by default. */
export function alias(SetIdentifier: string, Weight: number, DNSName: string, asks = true): ResourceRecordSet {
  const AliasTarget = { HostedZoneId: BALANCER_ZONE, DNSName, EvaluateTargetHealth: asks };
  return { Name: 'www.shop.test', Type: 'A', SetIdentifier, Weight, AliasTarget };
}

export const create = (ResourceRecordSet: ResourceRecordSet): Change => ({ Action: 'CREATE', ResourceRecordSet });
export const upsert = (ResourceRecordSet: ResourceRecordSet): Change => ({ Action: 'UPSERT', ResourceRecordSet });
export const remove = (ResourceRecordSet: ResourceRecordSet): Change => ({ Action: 'DELETE', ResourceRecordSet });
