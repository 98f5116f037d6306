import type {
  CreateTagsRequest,
  DeleteTagsRequest,
  DescribeTagsRequest,
  DescribeTagsResult,
  Tag,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call } from '../service.ts';
import { ec2Error } from './errors.ts';
import { filtered, type FilterTable } from './filters.ts';
import { pageBySequence } from './paging.ts';
import type { Ec2State } from './state.ts';
import { checkedTags, resourceType, type TagMap } from './tags.ts';

/** EC2's error code for an unknown id, by the id's prefix. */
const NOT_FOUND: Readonly<Record<string, string>> = {
  i: 'InvalidInstanceID.NotFound',
  ami: 'InvalidAMIID.NotFound',
  lt: 'InvalidLaunchTemplateId.NotFound',
  vol: 'InvalidVolume.NotFound',
  subnet: 'InvalidSubnetID.NotFound',
  vpc: 'InvalidVpcID.NotFound',
  sg: 'InvalidGroup.NotFound',
};

function checkResources(state: Ec2State, ids: readonly string[] | undefined): readonly string[] {
  if (!ids?.length) throw ec2Error.missing('ResourceId');
  const { subnets, vpc, securityGroup } = state.network;
  const fixed = new Set([vpc, securityGroup, ...subnets.map((subnet) => subnet.id)]);
  const known = (id: string) =>
    fixed.has(id) ||
    [state.records, state.images, state.templates, state.volumes].some((table) => table.get(id) !== undefined);
  const unknown = ids.find((id) => !known(id));
  if (unknown === undefined) return ids;
  throw new ApiError(NOT_FOUND[unknown.split('-')[0] ?? ''] ?? 'InvalidID', `The ID '${unknown}' does not exist`);
}

/** Adds or overwrites tags, on all resources or on none. */
export function createTags(state: Ec2State, input: CreateTagsRequest): object {
  const ids = checkResources(state, input.Resources);
  const next = ids.map((id) => [id, checkedTags(input.Tags, state.tags.of(id))] as const);
  for (const [id, tags] of next) state.tags.set(id, tags);
  return {};
}

/** As AWS's own services do, which may write reserved keys. */
export function setTags(state: Ec2State, id: string, tags: TagMap): void {
  for (const known of checkResources(state, [id])) state.tags.set(known, { ...state.tags.of(known), ...tags });
}

/** Deletes by key, or by key and value; without tags, all but `aws:` tags (EC2 API, DeleteTags). */
export function deleteTags(state: Ec2State, input: DeleteTagsRequest): object {
  for (const id of checkResources(state, input.Resources)) {
    const tags = Object.entries(state.tags.of(id)).filter(([key, value]) => !isDeleted(key, value, input.Tags));
    state.tags.set(id, Object.fromEntries(tags));
  }
  return {};
}

function isDeleted(key: string, value: string, sent: readonly Tag[] | undefined): boolean {
  if (key.startsWith('aws:')) return false;
  return !sent || sent.some((tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value));
}

interface TagRow {
  readonly seq: number;
  readonly id: string;
  readonly key: string;
  readonly value: string;
}

const FILTERS: FilterTable<TagRow> = {
  key: (row) => row.key,
  'resource-id': (row) => row.id,
  'resource-type': (row) => resourceType(row.id),
  value: (row) => row.value,
};

export function describeTags(state: Ec2State, input: DescribeTagsRequest, call?: Call): DescribeTagsResult {
  const rows = state.tags
    .all(call?.lagMs)
    .flatMap(({ id, tags }) => rowsOf(id, tags))
    .map((row, seq) => ({ ...row, seq }));
  const { items, next } = pageBySequence(
    filtered(rows, input.Filters, FILTERS, (row) => ({ [row.key]: row.value })),
    input,
    state.pageSize,
  );
  const shown = items.map(({ id, key, value }) => ({
    Key: key,
    ResourceId: id,
    ResourceType: resourceType(id),
    Value: value,
  }));
  return { Tags: shown, ...next };
}

function rowsOf(id: string, tags: TagMap): readonly Omit<TagRow, 'seq'>[] {
  return Object.entries(tags).map(([key, value]) => ({ id, key, value }));
}
