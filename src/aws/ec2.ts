import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeTagsCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type DescribeImagesCommandOutput,
  type DescribeInstanceAttributeCommandOutput,
  type DescribeInstancesCommandOutput,
  type DescribeLaunchTemplatesCommandOutput,
  type DescribeLaunchTemplateVersionsCommandOutput,
  type DescribeTagsCommandOutput,
  type Filter,
  type Image,
  type Instance,
  type LaunchTemplateVersion,
  type RunInstancesCommandInput,
  type Tag,
} from '@aws-sdk/client-ec2';
import { chunk, settle } from './batches.ts';
import type { Send, Session } from './session.ts';

export type { Filter, Image, Instance, LaunchTemplateVersion, RunInstancesCommandInput, Tag };

/** A quarter of what EC2 takes: a page of XML and what it is read into are the largest things that a run has in memory. */
const PAGE = 250;
/** EC2's own limits: values a filter, resources a CreateTags call, tags a page of DescribeTags (EC2 API reference). */
const FILTER_VALUES = 200;
const TAGGED_A_CALL = 1000;
const TAGS_PAGE = 1000;

/** The few EC2 calls that turnout makes. Errors are `OperatorError`s. */
export class Ec2 {
  readonly #send: Send;

  constructor(session: Session) {
    this.#send = session.connect('ec2', new EC2Client(session.clientConfig()));
  }

  /**
   * What `pick` takes of each instance, page by page: 1,000 whole ones are 10 MB. By filters, never by ids: a filter that
   * matches nothing is no error (aws-reference 4).
   */
  async instances<T>(filters: readonly Filter[], pick: (instance: Instance) => T): Promise<readonly T[]> {
    const found: T[] = [];
    const pages = this.#pages<DescribeInstancesCommandOutput>(
      (next) => new DescribeInstancesCommand({ Filters: [...filters], MaxResults: PAGE, ...next }),
    );
    for await (const { Reservations = [] } of pages)
      found.push(...Reservations.flatMap(({ Instances = [] }) => Instances.map(pick)));
    return found;
  }

  async instancesById<T>(ids: readonly string[], pick: (instance: Instance) => T): Promise<readonly T[]> {
    const found = await Promise.all(
      chunk(ids, FILTER_VALUES).map((Values) => this.instances([{ Name: 'instance-id', Values }], pick)),
    );
    return found.flat();
  }

  /** Ids of the instances that carry the tag with this value: a tenth of what the instances themselves are to read. */
  async carriers({ Key = '', Value = '' }: Tag): Promise<ReadonlySet<string>> {
    const Filters = [
      { Name: `tag:${Key}`, Values: [Value] },
      { Name: 'resource-type', Values: ['instance'] },
    ];
    const found = new Set<string>();
    const pages = this.#pages<DescribeTagsCommandOutput>(
      (next) => new DescribeTagsCommand({ Filters, MaxResults: TAGS_PAGE, ...next }),
    );
    for await (const { Tags = [] } of pages) for (const { ResourceId = '' } of Tags) found.add(ResourceId);
    return found;
  }

  /** A second call with the same ClientToken and parameters starts nothing (EC2 API, idempotency). */
  async run(input: RunInstancesCommandInput): Promise<void> {
    await this.#send(new RunInstancesCommand(input));
  }

  async tag(ids: readonly string[], tags: readonly Tag[]): Promise<void> {
    if (tags.length === 0) return;
    const batches = chunk(ids, TAGGED_A_CALL);
    await settle(batches.map((Resources) => this.#send(new CreateTagsCommand({ Resources, Tags: [...tags] }))));
  }

  /** Takes tags away, whatever their values; one that is not there is no error (EC2 API, DeleteTags). */
  async untag(ids: readonly string[], keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const Tags = keys.map((Key) => ({ Key }));
    const batches = chunk(ids, TAGGED_A_CALL);
    await settle(batches.map((Resources) => this.#send(new DeleteTagsCommand({ Resources, Tags }))));
  }

  async terminate(ids: readonly string[]): Promise<void> {
    await this.#send(new TerminateInstancesCommand({ InstanceIds: [...ids] }));
  }

  async images(filters: readonly Filter[], owners: readonly string[]): Promise<readonly Image[]> {
    const output = await this.#send<DescribeImagesCommandOutput>(
      new DescribeImagesCommand({ Filters: [...filters], Owners: [...owners] }),
    );
    return output.Images ?? [];
  }

  /** The template's id by its name; rejects when there is none. */
  async launchTemplateId(name: string): Promise<string> {
    const output = await this.#send<DescribeLaunchTemplatesCommandOutput>(
      new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [name] }),
    );
    return output.LaunchTemplates?.[0]?.LaunchTemplateId ?? '';
  }

  /** Versions of a template; all of them, or those named (numbers, `$Latest`, `$Default`). */
  async launchTemplateVersions(id: string, versions: readonly string[]): Promise<readonly LaunchTemplateVersion[]> {
    const named = versions.length > 0 ? { Versions: [...versions] } : {};
    const found: LaunchTemplateVersion[] = [];
    const pages = this.#pages<DescribeLaunchTemplateVersionsCommandOutput>(
      (next) => new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, ...named, ...next }),
    );
    for await (const { LaunchTemplateVersions = [] } of pages) found.push(...LaunchTemplateVersions);
    return found;
  }

  /** The instance's user data as EC2 keeps it, base64; undefined when it has none. */
  async userData(id: string): Promise<string | undefined> {
    const output = await this.#send<DescribeInstanceAttributeCommandOutput>(
      new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'userData' }),
    );
    return output.UserData?.Value;
  }

  async *#pages<Page extends { readonly NextToken?: string | undefined }>(
    command: (next: { readonly NextToken?: string }) => object,
  ): AsyncGenerator<Page> {
    let token: string | undefined;
    do {
      const page: Page = await this.#send(command(token === undefined ? {} : { NextToken: token }));
      yield page;
      token = page.NextToken;
    } while (token !== undefined && token !== '');
  }
}
