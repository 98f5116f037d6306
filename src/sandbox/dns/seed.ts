import type {
  ChangeResourceRecordSetsRequest,
  CreateHostedZoneRequest,
  CreateHostedZoneResponse,
  ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { wireName } from '../route53/names.ts';
import type { Service } from '../service.ts';
import type { DnsPlan, NameOption, SideOption } from './options.ts';

/** A load balancer of the first resources, as records refer to it. */
export interface SeededLoadBalancer {
  readonly name: string;
  readonly dnsName: string;
  readonly zoneId: string;
  readonly address: string;
}

/** A DNS name of the first resources, and its zone. */
export interface SandboxName {
  readonly name: string;
  readonly zone: string;
  readonly zoneId: string;
}

/** Creates the first hosted zones and weighted records. */
export async function seedNames(
  plan: DnsPlan,
  route53: Service,
  balancers: readonly SeededLoadBalancer[],
): Promise<readonly SandboxName[]> {
  const zones = new Map<string, string>();
  const names: SandboxName[] = [];
  for (const option of plan.names) {
    const zone = wireName(option.zone ?? option.name.slice(option.name.indexOf('.') + 1));
    const zoneId = zones.get(zone) ?? (await createZone(route53, zone));
    zones.set(zone, zoneId);
    const Changes = option.sides.map((side) => ({
      Action: 'CREATE' as const,
      ResourceRecordSet: recordOf(plan, option, side, balancers),
    }));
    const input: ChangeResourceRecordSetsRequest = { HostedZoneId: zoneId, ChangeBatch: { Changes } };
    await route53.operations.ChangeResourceRecordSets?.(input);
    names.push({ name: wireName(option.name), zone, zoneId });
  }
  return names;
}

async function createZone(route53: Service, Name: string): Promise<string> {
  const input: CreateHostedZoneRequest = { Name, CallerReference: `sandbox-${Name}` };
  const output = (await route53.operations.CreateHostedZone?.(input)) as CreateHostedZoneResponse;
  return output.HostedZone!.Id!.replace('/hostedzone/', '');
}

function recordOf(
  plan: DnsPlan,
  { name: Name, record = 'alias', ttl = plan.ttl, evaluateTargetHealth = false }: NameOption,
  { loadBalancer, id = loadBalancer, weight }: SideOption,
  balancers: readonly SeededLoadBalancer[],
): ResourceRecordSet {
  const balancer = balancers.find(({ name }) => name === loadBalancer);
  if (!balancer) throw new Error(`No target group of the sandbox is on a load balancer ${loadBalancer}`);
  const head = { Name, SetIdentifier: id, Weight: weight };
  if (record === 'alias') {
    const { zoneId: HostedZoneId, dnsName: DNSName } = balancer;
    return { ...head, Type: 'A', AliasTarget: { HostedZoneId, DNSName, EvaluateTargetHealth: evaluateTargetHealth } };
  }
  const Value = record === 'A' ? balancer.address : balancer.dnsName;
  return { ...head, Type: record, TTL: Math.round(ttl / 1000), ResourceRecords: [{ Value }] };
}
