import { randomBytes } from 'node:crypto';
import type {
  CreateLaunchTemplateRequest,
  CreateLaunchTemplateResult,
  CreateLaunchTemplateVersionRequest,
  CreateLaunchTemplateVersionResult,
  DeleteLaunchTemplateRequest,
  DeleteLaunchTemplateResult,
  DescribeLaunchTemplatesRequest,
  DescribeLaunchTemplatesResult,
  DescribeLaunchTemplateVersionsRequest,
  DescribeLaunchTemplateVersionsResult,
  LaunchTemplate,
  LaunchTemplateVersion,
  ModifyLaunchTemplateRequest,
  ModifyLaunchTemplateResult,
  ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call } from '../service.ts';
import { ec2Error } from './errors.ts';
import { filtered, type FilterTable } from './filters.ts';
import { pageBySequence } from './paging.ts';
import { ACCOUNT, type Ec2State, type Template, type TemplateVersion } from './state.ts';
import { checkedTags } from './tags.ts';

interface TemplateName {
  readonly LaunchTemplateId?: string | undefined;
  readonly LaunchTemplateName?: string | undefined;
}

/** Finds a template by id or by name; throws EC2's error if there is none. */
function findTemplate(
  state: Ec2State,
  { LaunchTemplateId: id, LaunchTemplateName: name }: TemplateName,
  lagMs = 0,
): Template {
  if (id !== undefined && name !== undefined)
    throw ec2Error.combination('Specify either a launch template ID or a launch template name, not both.');
  if (id === undefined && name === undefined) throw ec2Error.missing('LaunchTemplateId');
  if (id !== undefined && !/^lt-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id))
    throw ec2Error.malformed('InvalidLaunchTemplateId.Malformed', id);
  const found = state.templates
    .values(lagMs)
    .find((template) => (id === undefined ? template.name === name : template.id === id));
  if (found) return found;
  if (id !== undefined)
    throw new ApiError(
      'InvalidLaunchTemplateId.NotFound',
      `The specified launch template, with template ID ${id}, does not exist.`,
    );
  throw new ApiError(
    'InvalidLaunchTemplateName.NotFoundException',
    `The specified launch template, with template name ${name}, does not exist.`,
  );
}

/** A version by number, `$Latest` or `$Default`. */
export function findVersion(state: Ec2State, name: TemplateName, wanted: string, lagMs = 0): TemplateVersion {
  const template = findTemplate(state, name, lagMs);
  const number = versionNumber(template, wanted);
  const found = template.versions.find((version) => version.number === number);
  if (found) return found;
  const message = `Could not find the specified version ${wanted} for the launch template with ID ${template.id}.`;
  throw new ApiError('InvalidLaunchTemplateId.VersionNotFound', message);
}

function versionNumber(template: Template, wanted: string): number {
  if (wanted === '$Default') return template.defaultVersion;
  if (wanted === '$Latest') return template.versions.at(-1)?.number ?? 0;
  if (/^\d+$/.test(wanted)) return Number(wanted);
  throw ec2Error.invalid(
    `Invalid launch template version: either '$Default', '$Latest', or a numeric version are allowed.`,
  );
}

export function createLaunchTemplate(state: Ec2State, input: CreateLaunchTemplateRequest): CreateLaunchTemplateResult {
  const name = input.LaunchTemplateName ?? '';
  if (!/^[a-zA-Z0-9()./_-]{3,128}$/.test(name))
    throw ec2Error.invalid(`The launch template name '${name}' is not valid: 3 to 128 letters, digits and ()./_-`);
  if (state.templates.values().some((template) => template.name === name)) {
    throw new ApiError('InvalidLaunchTemplateName.AlreadyExistsException', 'Launch template name already in use.');
  }
  const sent = (input.TagSpecifications ?? []).filter((part) => part.ResourceType === 'launch-template');
  const tags = checkedTags(sent.flatMap((part) => part.Tags ?? []));
  const id = `lt-0${randomBytes(8).toString('hex')}`;
  const empty: Template = { id, seq: state.nextSeq(), name, createdAt: state.now(), defaultVersion: 1, versions: [] };
  const template = withVersion(
    state,
    empty,
    input.LaunchTemplateData as ResponseLaunchTemplateData,
    input.VersionDescription,
  );
  state.tags.set(id, tags);
  return { LaunchTemplate: templateShape(state, template) };
}

function withVersion(
  state: Ec2State,
  template: Template,
  data: ResponseLaunchTemplateData,
  description?: string,
): Template {
  const number = (template.versions.at(-1)?.number ?? 0) + 1;
  const version = { seq: state.nextSeq(), template: template.id, number, description, createdAt: state.now(), data };
  const next = { ...template, versions: [...template.versions, version] };
  state.templates.set(template.id, next);
  return next;
}

export function createLaunchTemplateVersion(
  state: Ec2State,
  input: CreateLaunchTemplateVersionRequest,
): CreateLaunchTemplateVersionResult {
  const template = findTemplate(state, input);
  const source = input.SourceVersion === undefined ? {} : findVersion(state, input, input.SourceVersion).data;
  const data = { ...source, ...(input.LaunchTemplateData as ResponseLaunchTemplateData) };
  const next = withVersion(state, template, data, input.VersionDescription);
  return { LaunchTemplateVersion: versionShape(next, next.versions.at(-1)!) };
}

export function modifyLaunchTemplate(state: Ec2State, input: ModifyLaunchTemplateRequest): ModifyLaunchTemplateResult {
  const template = findTemplate(state, input);
  const { number } = findVersion(state, input, input.DefaultVersion ?? '$Default');
  const next = { ...template, defaultVersion: number };
  state.templates.set(template.id, next);
  return { LaunchTemplate: templateShape(state, next) };
}

export function deleteLaunchTemplate(state: Ec2State, input: DeleteLaunchTemplateRequest): DeleteLaunchTemplateResult {
  const template = findTemplate(state, input);
  state.templates.set(template.id, undefined);
  return { LaunchTemplate: templateShape(state, template) };
}

const FILTERS: FilterTable<Template> = {
  'create-time': (template) => template.createdAt.toISOString(),
  'launch-template-name': (template) => template.name,
};

export function describeLaunchTemplates(
  state: Ec2State,
  input: DescribeLaunchTemplatesRequest,
  call?: Call,
): DescribeLaunchTemplatesResult {
  const lagMs = call?.lagMs ?? 0;
  const ids = (input.LaunchTemplateIds ?? []).map((id) => findTemplate(state, { LaunchTemplateId: id }, lagMs));
  const names = (input.LaunchTemplateNames ?? []).map((name) =>
    findTemplate(state, { LaunchTemplateName: name }, lagMs),
  );
  const named =
    input.LaunchTemplateIds || input.LaunchTemplateNames
      ? [...new Set([...ids, ...names])]
      : state.templates.values(lagMs);
  const selected = filtered(named, input.Filters, FILTERS, (template) => state.tags.of(template.id, lagMs));
  const { items, next } = pageBySequence(selected, input, state.pageSize);
  return { LaunchTemplates: items.map((template) => templateShape(state, template, lagMs)), ...next };
}

const VERSION_FILTERS: FilterTable<TemplateVersion> = {
  'image-id': (version) => version.data.ImageId,
  'instance-type': (version) => version.data.InstanceType,
};

export function describeLaunchTemplateVersions(
  state: Ec2State,
  input: DescribeLaunchTemplateVersionsRequest,
  call?: Call,
): DescribeLaunchTemplateVersionsResult {
  const template = findTemplate(state, input, call?.lagMs);
  const selected = filtered(wantedVersions(state, template, input, call?.lagMs), input.Filters, VERSION_FILTERS);
  const { items, next } = pageBySequence(selected, input, state.pageSize);
  return { LaunchTemplateVersions: items.map((version) => versionShape(template, version)), ...next };
}

function wantedVersions(
  state: Ec2State,
  template: Template,
  input: DescribeLaunchTemplateVersionsRequest,
  lagMs: number | undefined,
): readonly TemplateVersion[] {
  if (input.Versions) {
    const name = { LaunchTemplateId: template.id };
    return [...new Set(input.Versions.map((wanted) => findVersion(state, name, wanted, lagMs)))];
  }
  const min = Number(input.MinVersion ?? 0);
  const max = Number(input.MaxVersion ?? Infinity);
  return template.versions.filter(({ number }) => number >= min && number <= max);
}

function templateShape(state: Ec2State, template: Template, lagMs = 0): LaunchTemplate {
  return {
    CreateTime: template.createdAt,
    CreatedBy: `arn:aws:iam::${ACCOUNT}:root`,
    DefaultVersionNumber: template.defaultVersion,
    LatestVersionNumber: template.versions.at(-1)?.number ?? 0,
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    Tags: state.tags.list(template.id, lagMs),
  };
}

function versionShape(template: Template, version: TemplateVersion): LaunchTemplateVersion {
  return {
    CreateTime: version.createdAt,
    CreatedBy: `arn:aws:iam::${ACCOUNT}:root`,
    DefaultVersion: version.number === template.defaultVersion,
    LaunchTemplateData: version.data,
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    ...(version.description !== undefined && { VersionDescription: version.description }),
    VersionNumber: version.number,
  };
}
