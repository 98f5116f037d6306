import type { Instance, InstanceNetworkInterface, InstanceTypeInfo, RunInstancesCommandInput } from '../../aws/ec2.ts';
import { defined } from '../../domain/defined.ts';
import { count, list } from '../../domain/text.ts';
import { hasElasticIp } from './tags.ts';

/** How each attribute of a server gets to its clone. */

type Run = Partial<RunInstancesCommandInput>;

/** What of an attribute RunInstances can be given, and what of it gets lost, in words. */
interface Copied {
  readonly run?: Run;
  readonly lost?: string | false | undefined;
}

type Copy<T> = (value: T, of: { readonly sample: Instance; readonly type: InstanceTypeInfo }) => Copied;

/** Each server has its own, or gets it by its subnet, its image, or what is copied already. */
const ITS_OWN = (): Copied => ({});

/** The compiler asks for attributes that are new to the SDK: none is left out without a word. */
const ATTRIBUTES: { readonly [K in keyof Required<Instance>]: Copy<NonNullable<Instance[K]>> } = {
  AmiLaunchIndex: ITS_OWN,
  Architecture: ITS_OWN,
  // Volumes are read and copied with their sizes: see `volumes.ts`.
  BlockDeviceMappings: ITS_OWN,
  BootMode: ITS_OWN,
  CapacityBlockId: (id) => ({ lost: `capacity block ${id}` }),
  CapacityReservationId: ITS_OWN,
  CapacityReservationSpecification: (spec) =>
    spec.CapacityReservationTarget === undefined && spec.CapacityReservationPreference === 'open'
      ? {}
      : { run: { CapacityReservationSpecification: spec } },
  ClientToken: ITS_OWN,
  // Not all types take them: what is usual for the type is not asked for.
  CpuOptions: ({ CoreCount, ThreadsPerCore, ...further }, { type: { VCpuInfo: usual } }) => {
    const enabled = Object.fromEntries(Object.entries(further).filter(([, value]) => value === 'enabled'));
    const isUsual = CoreCount === usual?.DefaultCores && ThreadsPerCore === usual?.DefaultThreadsPerCore;
    if (isUsual && Object.keys(enabled).length === 0) return {};
    return { run: { CpuOptions: { CoreCount, ThreadsPerCore, ...enabled } } };
  },
  CurrentInstanceBootMode: ITS_OWN,
  EbsOptimized: (EbsOptimized) => ({ run: { EbsOptimized } }),
  ElasticGpuAssociations: (all) => ({ lost: all.length > 0 && 'elastic GPUs' }),
  ElasticInferenceAcceleratorAssociations: (all) => ({ lost: all.length > 0 && 'elastic inference accelerators' }),
  EnaSupport: ITS_OWN,
  EnclaveOptions: (EnclaveOptions) => (EnclaveOptions.Enabled === true ? { run: { EnclaveOptions } } : {}),
  HibernationOptions: (options) => (options.Configured === true ? { run: { HibernationOptions: options } } : {}),
  Hypervisor: ITS_OWN,
  IamInstanceProfile: ({ Arn }) => ({ run: { IamInstanceProfile: { Arn } } }),
  ImageId: (ImageId) => ({ run: { ImageId } }),
  InstanceId: ITS_OWN,
  InstanceLifecycle: (lifecycle) =>
    lifecycle === 'spot'
      ? {
          run: { InstanceMarketOptions: { MarketType: 'spot' } },
          lost: 'the options of its Spot request, such as the highest price',
        }
      : { lost: `its lifecycle ${lifecycle}` },
  InstanceType: (InstanceType) => ({ run: { InstanceType } }),
  Ipv6Address: ITS_OWN,
  KernelId: ITS_OWN,
  KeyName: (KeyName) => ({ run: { KeyName } }),
  LaunchTime: ITS_OWN,
  Licenses: (all) => (all.length === 0 ? {} : { run: { LicenseSpecifications: all } }),
  MaintenanceOptions: ({ AutoRecovery, RebootMigration }) => ({
    run: AutoRecovery === 'disabled' ? { MaintenanceOptions: { AutoRecovery } } : {},
    lost: RebootMigration === 'disabled' && 'that reboot migration is off',
  }),
  MetadataOptions: ({ State: _state, ...MetadataOptions }) => ({ run: { MetadataOptions } }),
  Monitoring: ({ State }) => ({ run: { Monitoring: { Enabled: State === 'enabled' || State === 'pending' } } }),
  NetworkInterfaces: ([...all]) => {
    const first = all.find(({ Attachment }) => Attachment?.DeviceIndex === 0);
    if (first === undefined) return {};
    const further = all.filter((one) => one !== first).map(({ NetworkInterfaceId: id = '' }) => id);
    const lost = [
      ...(further.length > 0 ? [`${count(further.length, 'further network interface')} (${list(further, 3)})`] : []),
      ...(hasElasticIp(first) ? [`the Elastic IP address ${first.Association?.PublicIp}`] : []),
    ];
    return { run: { NetworkInterfaces: [interfaceLike(first)] }, lost: lost.join(' and ') };
  },
  NetworkPerformanceOptions: (options) =>
    options.BandwidthWeighting === 'default' ? {} : { run: { NetworkPerformanceOptions: options } },
  Operator: ({ Managed, Principal }) => ({ lost: Managed === true && `that ${Principal} manages it` }),
  OutpostArn: ITS_OWN,
  Placement: ({ Tenancy, GroupId, GroupName, Affinity, HostResourceGroupArn, HostId, PartitionNumber }) => {
    const group = GroupId ? { GroupId } : GroupName ? { GroupName } : {};
    const Placement = {
      ...(Tenancy && Tenancy !== 'default' && { Tenancy }),
      ...group,
      ...(Affinity === 'host' && { Affinity }),
      ...(HostResourceGroupArn && { HostResourceGroupArn }),
    };
    const lost = [HostId && `the dedicated host ${HostId}`, PartitionNumber && `partition ${PartitionNumber}`];
    return {
      run: Object.keys(Placement).length === 0 ? {} : { Placement },
      lost: lost.some(Boolean) && `${lost.filter(Boolean).join(' and ')} (EC2 chooses)`,
    };
  },
  Platform: ITS_OWN,
  PlatformDetails: ITS_OWN,
  PrivateDnsName: ITS_OWN,
  PrivateDnsNameOptions: (PrivateDnsNameOptions) => ({ run: { PrivateDnsNameOptions } }),
  PrivateIpAddress: ITS_OWN,
  ProductCodes: ITS_OWN,
  PublicDnsName: ITS_OWN,
  PublicIpAddress: ITS_OWN,
  RamdiskId: ITS_OWN,
  RootDeviceName: ITS_OWN,
  RootDeviceType: ITS_OWN,
  SecondaryInterfaces: (all) => ({ lost: all.length > 0 && count(all.length, 'secondary interface') }),
  // RunInstances takes them with the network interface or beside it, not both.
  SecurityGroups: (groups, { sample: { NetworkInterfaces: interfaces = [] } }) =>
    interfaces.length > 0 ? {} : { run: { SecurityGroupIds: groups.flatMap(({ GroupId }) => GroupId ?? []) } },
  SourceDestCheck: (isOn) => ({ lost: !isOn && 'that the source/destination check is off' }),
  SpotInstanceRequestId: ITS_OWN,
  SriovNetSupport: ITS_OWN,
  State: ITS_OWN,
  StateReason: ITS_OWN,
  StateTransitionReason: ITS_OWN,
  SubnetId: ITS_OWN,
  // Copied without those that are ours or AWS's: see `clone.ts`.
  Tags: ITS_OWN,
  TpmSupport: ITS_OWN,
  UsageOperation: ITS_OWN,
  UsageOperationUpdateTime: ITS_OWN,
  VirtualizationType: ITS_OWN,
  VpcId: ITS_OWN,
};

function interfaceLike(one: InstanceNetworkInterface): NonNullable<Run['NetworkInterfaces']>[number] {
  const some = (n: number | undefined): number | undefined => (n === undefined || n <= 0 ? undefined : n);
  return defined({
    DeviceIndex: 0,
    Groups: one.Groups?.flatMap(({ GroupId }) => GroupId ?? []),
    // An address that was given to the server does not say what its launch asked for.
    AssociatePublicIpAddress: hasElasticIp(one) ? undefined : one.Association !== undefined,
    InterfaceType: one.InterfaceType === 'interface' ? undefined : one.InterfaceType,
    SecondaryPrivateIpAddressCount: some((one.PrivateIpAddresses?.length ?? 0) - 1),
    Ipv6AddressCount: some(one.Ipv6Addresses?.length),
    PrimaryIpv6: one.Ipv6Addresses?.some(({ IsPrimaryIpv6 }) => IsPrimaryIpv6) ? true : undefined,
    Ipv4PrefixCount: some(one.Ipv4Prefixes?.length),
    Ipv6PrefixCount: some(one.Ipv6Prefixes?.length),
    ConnectionTrackingSpecification: one.ConnectionTrackingConfiguration,
  });
}

/** What of a server's description its clone is launched with, and what it lacks. */
export function copyOf(
  sample: Instance,
  type: InstanceTypeInfo,
): { readonly run: Run; readonly lost: readonly string[] } {
  const all = Object.entries(defined(sample)).map(([key, value]): Copied => {
    const copy = ATTRIBUTES[key as keyof Instance] as Copy<unknown> | undefined;
    return copy === undefined ? { lost: `${key}, which turnout does not know` } : copy(value, { sample, type });
  });
  return {
    run: Object.assign({}, ...all.map(({ run }) => run)) as Run,
    lost: all.flatMap(({ lost }) => (lost ? [lost] : [])),
  };
}
