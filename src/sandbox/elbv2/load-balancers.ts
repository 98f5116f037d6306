import type {
  CreateLoadBalancerInput,
  DeleteLoadBalancerInput,
  DescribeLoadBalancerAttributesInput,
  DescribeLoadBalancersInput,
  LoadBalancer as Shown,
  ModifyLoadBalancerAttributesInput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ApiError, type Call, type Operation } from '../service.ts';
import { updatedAttributes, attributeShapes, balancerAttributes, defaultAttributes } from './attributes.ts';
import { entriesOfKind, entryOf, entriesNamed, entryShapes, elbTagList, type CatalogueEntry } from './catalogue.ts';
import { validationError, notPermitted, elbv2Unsupported } from './errors.ts';
import { dnsNameOf, HOSTED_ZONE } from './endpoints.ts';
import { removeListener } from './listeners.ts';
import type { LoadBalancer } from './model.ts';
import { pageByMarker } from './paging.ts';
import { arnOf, checkedName, listenersOf, loadBalancerOf, newHexId, tagsFrom, type Elbv2State } from './state.ts';

export function loadBalancerOperations(state: Elbv2State): Record<string, Operation> {
  return {
    CreateLoadBalancer: (input: CreateLoadBalancerInput) => ({
      LoadBalancers: [loadBalancerShape(state, create(state, input))],
    }),
    DescribeLoadBalancers: (input: DescribeLoadBalancersInput, call?: Call) => describe(state, input, call),
    DeleteLoadBalancer: (input: DeleteLoadBalancerInput) => remove(state, input),
    DescribeLoadBalancerAttributes: (input: DescribeLoadBalancerAttributesInput, call?: Call) => ({
      Attributes: entryOf(state.catalogue, 'loadbalancer', input.LoadBalancerArn, call).attributes,
    }),
    ModifyLoadBalancerAttributes: (input: ModifyLoadBalancerAttributesInput) => {
      const { attributes, type } = loadBalancerOf(state, input.LoadBalancerArn);
      const next = updatedAttributes(balancerAttributes(type), attributes, input.Attributes);
      for (const [key, value] of next) attributes.set(key, value);
      return { Attributes: attributeShapes(attributes) };
    },
  };
}

function create(state: Elbv2State, input: CreateLoadBalancerInput): LoadBalancer {
  const name = checkedName(input.Name, 'Load balancer');
  const { Type: type = 'application', IpAddressType: addresses = 'ipv4', Scheme: scheme = 'internet-facing' } = input;
  if (type !== 'application' && type !== 'network') throw elbv2Unsupported(`load balancers of the type '${type}'`);
  if (addresses !== 'ipv4') throw elbv2Unsupported(`the IP address type '${addresses}'`);
  const mapped = (input.SubnetMappings ?? []).map((mapping) => mapping.SubnetId ?? '');
  const subnets = [...(input.Subnets ?? []), ...mapped];
  const unknown = subnets.find((id) => state.subnet && !state.subnet(id));
  if (unknown !== undefined) throw new ApiError('SubnetNotFound', `The subnet ID '${unknown}' does not exist`);
  const group = input.SecurityGroups?.find((id) => state.securityGroup !== undefined && id !== state.securityGroup);
  if (group !== undefined) throw new ApiError('InvalidSecurityGroup', `The security group '${group}' does not exist`);
  if (subnets.length < 2)
    throw validationError('At least two subnets in two different Availability Zones must be specified');
  const known = [...state.loadBalancers.values()].find((candidate) => candidate.name === name);
  if (known) return sameOrDuplicate(known, scheme, subnets);
  const own = state.addresses?.allocate(name);
  const loadBalancer: LoadBalancer = {
    kind: 'loadbalancer',
    arn: arnOf(state, `loadbalancer/${type === 'network' ? 'net' : 'app'}/${name}/${newHexId()}`),
    name,
    type,
    scheme,
    host: own ?? state.host,
    dnsName: own === undefined ? state.host : dnsNameOf(state, name, scheme),
    createdAt: new Date(state.clock.now()),
    subnets,
    securityGroups: input.SecurityGroups ?? [],
    attributes: defaultAttributes(balancerAttributes(type)),
    tags: tagsFrom(input.Tags),
  };
  state.loadBalancers.set(loadBalancer.arn, loadBalancer);
  return loadBalancer;
}

function sameOrDuplicate(known: LoadBalancer, scheme: string, subnets: readonly string[]): LoadBalancer {
  if (known.scheme === scheme && JSON.stringify(known.subnets) === JSON.stringify(subnets)) return known;
  throw new ApiError(
    'DuplicateLoadBalancerName',
    `A load balancer with the same name '${known.name}' exists, but with different settings`,
  );
}

function describe(state: Elbv2State, input: DescribeLoadBalancersInput, call: Call | undefined): object {
  const { LoadBalancerArns: arns = [], Names: names = [] } = input;
  if (arns.length > 0 && names.length > 0)
    throw validationError('Only one of load balancer ARNs and names can be specified');
  const all = entriesOfKind(state.catalogue, 'loadbalancer', call);
  if (arns.length > 0) return { LoadBalancers: entryShapes(entriesNamed(all, 'arn', arns, 'loadbalancer')) };
  if (names.length > 0) return { LoadBalancers: entryShapes(entriesNamed(all, 'name', names, 'loadbalancer')) };
  const { items, next } = pageByMarker(all, input, state.pageSize);
  return { LoadBalancers: entryShapes(items), ...next };
}

/** The catalogue entry of a load balancer. */
export function loadBalancerEntry(state: Elbv2State, loadBalancer: LoadBalancer): CatalogueEntry {
  const { kind, arn, name, attributes, tags } = loadBalancer;
  const shape = loadBalancerShape(state, loadBalancer);
  return { kind, arn, name, shape, attributes: attributeShapes(attributes), tags: elbTagList(tags) };
}

/** Deleting a load balancer that does not exist succeeds (ELBv2 API, DeleteLoadBalancer). */
async function remove(state: Elbv2State, input: DeleteLoadBalancerInput): Promise<object> {
  const loadBalancer = state.loadBalancers.get(input.LoadBalancerArn ?? '');
  if (!loadBalancer) return {};
  if (loadBalancer.attributes.get('deletion_protection.enabled') === 'true') {
    throw notPermitted(`Load balancer '${loadBalancer.arn}' cannot be deleted because deletion protection is enabled`);
  }
  state.loadBalancers.delete(loadBalancer.arn);
  await Promise.all(listenersOf(state, loadBalancer).map((listener) => removeListener(state, listener)));
  if (loadBalancer.host !== state.host) state.addresses?.release(loadBalancer.host);
  return {};
}

function loadBalancerShape(state: Elbv2State, loadBalancer: LoadBalancer): Shown {
  return {
    LoadBalancerArn: loadBalancer.arn,
    DNSName: loadBalancer.dnsName,
    CanonicalHostedZoneId: HOSTED_ZONE,
    CreatedTime: loadBalancer.createdAt,
    LoadBalancerName: loadBalancer.name,
    Scheme: loadBalancer.scheme,
    State: { Code: 'active' },
    Type: loadBalancer.type,
    VpcId: state.subnet?.(loadBalancer.subnets[0] ?? '')?.vpcId,
    AvailabilityZones: loadBalancer.subnets.map((id) => ({ SubnetId: id, ZoneName: state.subnet?.(id)?.zone })),
    SecurityGroups: [...loadBalancer.securityGroups],
    IpAddressType: 'ipv4',
  };
}
