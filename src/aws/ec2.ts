import * as sdk from '@aws-sdk/client-ec2';
import type {
  Filter,
  Image,
  Instance,
  InstanceAttribute,
  InstanceAttributeName,
  InstanceNetworkInterface,
  InstanceTypeInfo,
  IpPermission,
  LaunchTemplateVersion,
  ResourceType,
  RunInstancesCommandInput,
  SecurityGroup,
  Tag,
  TagSpecification,
  Volume,
} from '@aws-sdk/client-ec2';
import { chunk, settle } from './batches.ts';
import { pageItems } from './pages.ts';
import type { Send, Session } from './session.ts';

export type {
  Filter,
  Image,
  Instance,
  InstanceNetworkInterface,
  InstanceTypeInfo,
  IpPermission,
  LaunchTemplateVersion,
  ResourceType,
  RunInstancesCommandInput,
  SecurityGroup,
  Tag,
  TagSpecification,
  Volume,
};

/** A quarter of the maximum that EC2 allows: a parsed page is the largest object that a run holds in memory. */
const PAGE = 250;
/** Limits of the EC2 API: values per filter, resources per CreateTags call, tags per page of DescribeTags. */
const FILTER_VALUES = 200;
const RESOURCES_PER_CALL = 1000;
const TAGS_PAGE = 1000;
const STATUS_PAGE = 1000;

/** The EC2 requests that turnout sends. Errors are `OperatorError`s. */
export class Ec2 {
  readonly #send: Send;

  constructor(session: Session) {
    this.#send = session.connect('ec2', new sdk.EC2Client(session.clientConfig()));
  }

  /**
   * Maps each instance with `pick`, page by page, because 1,000 complete descriptions take 10 MB. Always by filters: an unknown
   * id in a filter is not an error, whereas `InstanceIds` fails with InvalidInstanceID.NotFound (EC2 API, DescribeInstances).
   */
  async instances<T>(filters: readonly Filter[], pick: (instance: Instance) => T): Promise<readonly T[]> {
    return pageItems(
      this.#send,
      (NextToken) => new sdk.DescribeInstancesCommand({ Filters: [...filters], MaxResults: PAGE, NextToken }),
      ({ Reservations }) => Reservations?.flatMap(({ Instances = [] }) => Instances.map(pick)),
    );
  }

  async instancesById<T>(ids: readonly string[], pick: (instance: Instance) => T): Promise<readonly T[]> {
    const found = await Promise.all(
      chunk(ids, FILTER_VALUES).map((Values) => this.instances([{ Name: 'instance-id', Values }], pick)),
    );
    return found.flat();
  }

  /** Ids of the instances that have this tag with this value; the response is a tenth of the size of DescribeInstances. */
  async instancesWithTag(key: string, value: string): Promise<ReadonlySet<string>> {
    const Filters = [
      { Name: `tag:${key}`, Values: [value] },
      { Name: 'resource-type', Values: ['instance'] },
    ];
    const ids = await pageItems(
      this.#send,
      (NextToken) => new sdk.DescribeTagsCommand({ Filters, MaxResults: TAGS_PAGE, NextToken }),
      ({ Tags }) => Tags?.map(({ ResourceId = '' }) => ResourceId),
    );
    return new Set(ids);
  }

  /** Instances of the account that fail a status check, with which (EC2 user guide, status checks). */
  async impaired(): Promise<Readonly<Record<string, 'instance' | 'system'>>> {
    const failing = async (what: 'instance' | 'system') => {
      const Filters = [{ Name: `${what}-status.status`, Values: ['impaired'] }];
      return pageItems(
        this.#send,
        (NextToken) => new sdk.DescribeInstanceStatusCommand({ Filters, MaxResults: STATUS_PAGE, NextToken }),
        (page) => page.InstanceStatuses?.map(({ InstanceId = '' }) => [InstanceId, what] as const),
      );
    };
    return Object.fromEntries((await Promise.all([failing('instance'), failing('system')])).flat());
  }

  /** A second call with the same ClientToken and parameters starts nothing (EC2 API, idempotency). */
  async run(input: RunInstancesCommandInput): Promise<void> {
    await this.#send(new sdk.RunInstancesCommand(input));
  }

  /** Adds tags or overwrites them. */
  async tag(ids: readonly string[], tags: Readonly<Record<string, string>>): Promise<void> {
    const Tags = tagList(tags);
    if (Tags.length === 0) return;
    const batches = chunk(ids, RESOURCES_PER_CALL);
    await settle(batches.map((Resources) => this.#send(new sdk.CreateTagsCommand({ Resources, Tags }))));
  }

  /** Removes tags whatever their values; a missing tag is not an error (EC2 API, DeleteTags). */
  async untag(ids: readonly string[], keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const Tags = keys.map((Key) => ({ Key }));
    const batches = chunk(ids, RESOURCES_PER_CALL);
    await settle(batches.map((Resources) => this.#send(new sdk.DeleteTagsCommand({ Resources, Tags }))));
  }

  async terminate(ids: readonly string[]): Promise<void> {
    await this.#send(new sdk.TerminateInstancesCommand({ InstanceIds: [...ids] }));
  }

  async images(filters: readonly Filter[], owners: readonly string[]): Promise<readonly Image[]> {
    const command = new sdk.DescribeImagesCommand({ Filters: [...filters], Owners: [...owners] });
    return (await this.#send(command)).Images ?? [];
  }

  /** The image with this id, unless it was deregistered, or is not shared with this account any more. */
  async image(id: string): Promise<Image | undefined> {
    const Filters = [{ Name: 'image-id', Values: [id] }];
    return (await this.#send(new sdk.DescribeImagesCommand({ Filters, IncludeDeprecated: true }))).Images?.[0];
  }

  /** Volumes by id, without those that do not exist. */
  async volumes(ids: readonly string[]): Promise<readonly Volume[]> {
    const pages = chunk(ids, FILTER_VALUES).map((Values) =>
      pageItems(
        this.#send,
        (NextToken) => new sdk.DescribeVolumesCommand({ Filters: [{ Name: 'volume-id', Values }], NextToken }),
        (page) => page.Volumes,
      ),
    );
    return (await Promise.all(pages)).flat();
  }

  /** Volumes with this tag that no instance has. */
  async detachedVolumes(tag: string, value: string): Promise<readonly Volume[]> {
    const Filters = [
      { Name: 'status', Values: ['available'] },
      { Name: `tag:${tag}`, Values: [value] },
    ];
    return pageItems(
      this.#send,
      (NextToken) => new sdk.DescribeVolumesCommand({ Filters, NextToken }),
      (page) => page.Volumes,
    );
  }

  /** What EC2 says of types of instances; rejects when one does not exist. */
  async instanceTypes(names: readonly InstanceTypeInfo['InstanceType'][]): Promise<readonly InstanceTypeInfo[]> {
    const InstanceTypes = names.flatMap((name) => name ?? []);
    return pageItems(
      this.#send,
      (NextToken) => new sdk.DescribeInstanceTypesCommand({ InstanceTypes, NextToken }),
      (page) => page.InstanceTypes,
    );
  }

  /** `standard` or `unlimited`; only instances of burstable types have CPU credits. */
  async cpuCredits(id: string): Promise<string | undefined> {
    const command = new sdk.DescribeInstanceCreditSpecificationsCommand({ InstanceIds: [id] });
    return (await this.#send(command)).InstanceCreditSpecifications?.[0]?.CpuCredits;
  }

  /** Free addresses by subnet. Rejects when one does not exist. */
  async freeAddresses(subnets: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { Subnets = [] } = await this.#send(new sdk.DescribeSubnetsCommand({ SubnetIds: [...subnets] }));
    return new Map(
      Subnets.map(({ SubnetId = '', AvailableIpAddressCount = 0 }) => [SubnetId, AvailableIpAddressCount]),
    );
  }

  /** Those of no more than some hundred; rejects when one does not exist. */
  async securityGroups(ids: readonly string[]): Promise<readonly SecurityGroup[]> {
    if (ids.length === 0) return [];
    return (await this.#send(new sdk.DescribeSecurityGroupsCommand({ GroupIds: [...ids] }))).SecurityGroups ?? [];
  }

  /** Id of the launch template with this name; rejects when it does not exist. */
  async launchTemplateId(name: string): Promise<string> {
    const output = await this.#send(new sdk.DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [name] }));
    return output.LaunchTemplates?.[0]?.LaunchTemplateId ?? '';
  }

  /** All versions of a launch template, or those in `versions` (numbers, `$Latest`, `$Default`). */
  async launchTemplateVersions(id: string, versions: readonly string[]): Promise<readonly LaunchTemplateVersion[]> {
    const input = { LaunchTemplateId: id, Versions: versions.length > 0 ? [...versions] : undefined };
    return pageItems(
      this.#send,
      (NextToken) => new sdk.DescribeLaunchTemplateVersionsCommand({ ...input, NextToken }),
      (page) => page.LaunchTemplateVersions,
    );
  }

  /** Makes a version like another one, with this image. A second call with the same token makes none (EC2 API, CreateLaunchTemplateVersion). */
  async launchTemplateVersion(
    id: string,
    source: string,
    { image, description, token }: { readonly image: string; readonly description: string; readonly token: string },
  ): Promise<string> {
    const command = new sdk.CreateLaunchTemplateVersionCommand({
      LaunchTemplateId: id,
      SourceVersion: source,
      LaunchTemplateData: { ImageId: image },
      VersionDescription: description,
      ClientToken: token,
    });
    return String((await this.#send(command)).LaunchTemplateVersion?.VersionNumber);
  }

  /** The instance's user data, base64-encoded; undefined when it has none. */
  async userData(id: string): Promise<string | undefined> {
    return (await this.attribute(id, 'userData')).UserData?.Value;
  }

  /** An attribute that a description of the instance lacks. */
  async attribute(id: string, Attribute: InstanceAttributeName): Promise<InstanceAttribute> {
    return this.#send(new sdk.DescribeInstanceAttributeCommand({ InstanceId: id, Attribute }));
  }
}

/** Tags in the form of the EC2 API. */
export function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
