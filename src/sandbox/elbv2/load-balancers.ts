import type {
  CreateLoadBalancerInput,
  DeleteLoadBalancerInput,
  DescribeLoadBalancerAttributesInput,
  DescribeLoadBalancersInput,
  LoadBalancer as Shown,
  ModifyLoadBalancerAttributesInput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ApiError, type Call, type Operation } from '../service.ts';
import { changedAttributes, LOAD_BALANCER_ATTRIBUTES, shownAttributes, usualAttributes } from './attributes.ts';
import { entries, entryOf, named, shapes, tagList, type Entry } from './catalogue.ts';
import { elbInvalid, notPermitted, elbUnsupported } from './errors.ts';
import { dnsNameOf, HOSTED_ZONE } from './endpoints.ts';
import { removeListener } from './listeners.ts';
import type { LoadBalancer } from './model.ts';
import { elbPage } from './paging.ts';
import { arnOf, checkedName, listenersOf, loadBalancerOf, newElbId, tagsFrom, type ElbWorld } from './world.ts';

export function loadBalancerOperations(world: ElbWorld): Record<string, Operation> {
  return {
    CreateLoadBalancer: (input: CreateLoadBalancerInput) => ({ LoadBalancers: [show(world, create(world, input))] }),
    DescribeLoadBalancers: (input: DescribeLoadBalancersInput, call?: Call) => describe(world, input, call),
    DeleteLoadBalancer: (input: DeleteLoadBalancerInput) => remove(world, input),
    DescribeLoadBalancerAttributes: (input: DescribeLoadBalancerAttributesInput, call?: Call) => ({
      Attributes: entryOf(world.catalogue, 'loadbalancer', input.LoadBalancerArn, call).attributes,
    }),
    ModifyLoadBalancerAttributes: (input: ModifyLoadBalancerAttributesInput) => {
      const { attributes } = loadBalancerOf(world, input.LoadBalancerArn);
      const next = changedAttributes(LOAD_BALANCER_ATTRIBUTES, attributes, input.Attributes);
      for (const [key, value] of next) attributes.set(key, value);
      return { Attributes: shownAttributes(attributes) };
    },
  };
}

function create(world: ElbWorld, input: CreateLoadBalancerInput): LoadBalancer {
  const name = checkedName(input.Name, 'Load balancer');
  const { Type: type = 'application', IpAddressType: addresses = 'ipv4', Scheme: scheme = 'internet-facing' } = input;
  if (type !== 'application') throw elbUnsupported(`load balancers of the type '${type}'`);
  if (addresses !== 'ipv4') throw elbUnsupported(`the IP address type '${addresses}'`);
  const mapped = (input.SubnetMappings ?? []).map((mapping) => mapping.SubnetId ?? '');
  const subnets = [...(input.Subnets ?? []), ...mapped];
  const unknown = subnets.find((id) => world.subnet && !world.subnet(id));
  if (unknown !== undefined) throw new ApiError('SubnetNotFound', `The subnet ID '${unknown}' does not exist`);
  if (subnets.length < 2)
    throw elbInvalid('At least two subnets in two different Availability Zones must be specified');
  const known = [...world.loadBalancers.values()].find((candidate) => candidate.name === name);
  if (known) return sameOrDuplicate(known, scheme, subnets);
  const own = world.addresses?.take(name);
  const loadBalancer: LoadBalancer = {
    kind: 'loadbalancer',
    arn: arnOf(world, `loadbalancer/app/${name}/${newElbId()}`),
    name,
    scheme,
    host: own ?? world.host,
    dnsName: own === undefined ? world.host : dnsNameOf(world, name, scheme),
    createdAt: new Date(world.clock.now()),
    subnets,
    securityGroups: input.SecurityGroups ?? [],
    attributes: usualAttributes(LOAD_BALANCER_ATTRIBUTES),
    tags: tagsFrom(input.Tags),
  };
  world.loadBalancers.set(loadBalancer.arn, loadBalancer);
  return loadBalancer;
}

function sameOrDuplicate(known: LoadBalancer, scheme: string, subnets: readonly string[]): LoadBalancer {
  if (known.scheme === scheme && JSON.stringify(known.subnets) === JSON.stringify(subnets)) return known;
  throw new ApiError(
    'DuplicateLoadBalancerName',
    `A load balancer with the same name '${known.name}' exists, but with different settings`,
  );
}

function describe(world: ElbWorld, input: DescribeLoadBalancersInput, call: Call | undefined): object {
  const { LoadBalancerArns: arns = [], Names: names = [] } = input;
  if (arns.length > 0 && names.length > 0)
    throw elbInvalid('Only one of load balancer ARNs and names can be specified');
  const all = entries(world.catalogue, 'loadbalancer', call);
  if (arns.length > 0) return { LoadBalancers: shapes(named(all, 'arn', arns, 'loadbalancer')) };
  if (names.length > 0) return { LoadBalancers: shapes(named(all, 'name', names, 'loadbalancer')) };
  const { items, next } = elbPage(all, input, world.pageSize);
  return { LoadBalancers: shapes(items), ...next };
}

/** What describes will say of it. */
export function loadBalancerEntry(world: ElbWorld, loadBalancer: LoadBalancer): Entry {
  const { kind, arn, name, attributes, tags } = loadBalancer;
  const shape = show(world, loadBalancer);
  return { kind, arn, name, shape, attributes: shownAttributes(attributes), tags: tagList(tags) };
}

/** Deleting what is gone already succeeds (DeleteLoadBalancer, API reference). */
async function remove(world: ElbWorld, input: DeleteLoadBalancerInput): Promise<object> {
  const loadBalancer = world.loadBalancers.get(input.LoadBalancerArn ?? '');
  if (!loadBalancer) return {};
  if (loadBalancer.attributes.get('deletion_protection.enabled') === 'true') {
    throw notPermitted(`Load balancer '${loadBalancer.arn}' cannot be deleted because deletion protection is enabled`);
  }
  world.loadBalancers.delete(loadBalancer.arn);
  await Promise.all(listenersOf(world, loadBalancer).map((listener) => removeListener(world, listener)));
  if (loadBalancer.host !== world.host) world.addresses?.release(loadBalancer.host);
  return {};
}

function show(world: ElbWorld, loadBalancer: LoadBalancer): Shown {
  return {
    LoadBalancerArn: loadBalancer.arn,
    DNSName: loadBalancer.dnsName,
    CanonicalHostedZoneId: HOSTED_ZONE,
    CreatedTime: loadBalancer.createdAt,
    LoadBalancerName: loadBalancer.name,
    Scheme: loadBalancer.scheme,
    State: { Code: 'active' },
    Type: 'application',
    VpcId: world.subnet?.(loadBalancer.subnets[0] ?? '')?.vpcId,
    AvailabilityZones: loadBalancer.subnets.map((id) => ({ SubnetId: id, ZoneName: world.subnet?.(id)?.zone })),
    SecurityGroups: [...loadBalancer.securityGroups],
    IpAddressType: 'ipv4',
  };
}
