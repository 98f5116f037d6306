import type {
  CreateDocumentRequest,
  CreateDocumentResult,
  DescribeDocumentRequest,
  DescribeDocumentResult,
  GetDocumentRequest,
  GetDocumentResult,
} from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { messageOf } from '../../errors.ts';
import { ACCOUNT } from '../ec2/state.ts';
import { ApiError } from '../service.ts';
import { calendarIn } from './calendars.ts';
import { currentDate, type DocumentParameter, type SsmDocument, type RunCommandState } from './model.ts';

/** AWS's document for shell commands. */
const SHELL = {
  name: 'AWS-RunShellScript',
  content: JSON.stringify({
    schemaVersion: '1.2',
    parameters: {
      commands: { type: 'StringList' },
      workingDirectory: { type: 'String', default: '' },
      executionTimeout: { type: 'String', default: '3600' },
    },
    mainSteps: [],
  }),
};

/** Plug-ins of Command documents (Systems Manager user guide, "Command document plugin reference"). */
const PLUGINS = [
  'applications',
  'cloudWatch',
  'configureDocker',
  'configurePackage',
  'domainJoin',
  'downloadContent',
  'psModule',
  'refreshAssociation',
  'runDockerAction',
  'runDocument',
  'runPowerShellScript',
  'runShellScript',
  'softwareInventory',
  'updateAgent',
  'updateSsmAgent',
].map((name) => `aws:${name}`);

const TYPES = ['String', 'StringList', 'Boolean', 'Integer', 'MapList', 'StringMap'] as const;

const step = z.looseObject({
  action: z.string().refine((name) => PLUGINS.includes(name), 'there is no such plug-in'),
  name: z.string().regex(/^\w+$/, 'a name has letters, digits and underscores'),
});

const value = z.union([z.string(), z.number(), z.boolean(), z.array(z.unknown())]);

const contentSchema = z.looseObject({
  parameters: z
    .record(
      z.string(),
      z.looseObject({ type: z.enum(TYPES), default: value.optional(), allowedValues: z.array(value).optional() }),
    )
    .default({}),
  mainSteps: z.array(step).default([]),
});

export function documentOf({ documents }: RunCommandState, name = ''): SsmDocument {
  const found = documents.get(name.replace(/^arn:aws:ssm:[^/]*document\//, ''));
  if (found === undefined) throw new ApiError('InvalidDocument', `Document with name ${name} does not exist.`);
  return found;
}

export function addShellDocument(state: RunCommandState): void {
  state.documents.set(SHELL.name, {
    ...SHELL,
    ...declaredIn(SHELL.content),
    createdAt: currentDate(state),
    owner: 'Amazon',
  });
}

export function createDocument(
  state: RunCommandState,
  { Name: name = '', Content: content = '', DocumentType: type }: CreateDocumentRequest,
): CreateDocumentResult {
  if (state.documents.has(name))
    throw new ApiError('DocumentAlreadyExists', `Document with same name ${name} already exists`);
  if (type === 'ChangeCalendar') calendarIn(content);
  const declared = type === 'ChangeCalendar' ? { parameters: [], steps: [] } : declaredIn(content);
  const document = { name, content, createdAt: currentDate(state), owner: ACCOUNT, type, ...declared };
  state.documents.set(name, document);
  return { DocumentDescription: documentShape(document) };
}

/** The parameters and steps that a JSON document declares. */
function declaredIn(content: string): Pick<SsmDocument, 'parameters' | 'steps'> {
  try {
    const { parameters, mainSteps } = contentSchema.parse(JSON.parse(content));
    checkReferences(mainSteps, new Set(Object.keys(parameters)));
    return {
      parameters: Object.entries(parameters).map(([name, { type, default: usual, allowedValues }]) => ({
        name,
        type,
        ...defined({ default: usual === undefined ? undefined : textOf(usual), allowed: allowedValues?.map(textOf) }),
      })),
      steps: mainSteps.length === 0 ? ['aws:runShellScript'] : mainSteps.map(({ name }) => name),
    };
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new ApiError('InvalidDocumentContent', `The content of the document is not valid: ${what}`);
  }
}

/** Steps may use declared parameters only: `{{ release }}`; those of Systems Manager itself have a prefix. */
function checkReferences(steps: readonly object[], declared: ReadonlySet<string>): void {
  const used = [...JSON.stringify(steps).matchAll(/\{\{\s*([\w.:-]+)\s*\}\}/g)].map(([, name = '']) => name);
  const unknown = used.find((name) => !name.includes(':') && !name.startsWith('platformType') && !declared.has(name));
  if (unknown !== undefined) throw new Error(`the parameter ${unknown} is used and not declared`);
}

function textOf(given: z.output<typeof value>): string {
  return Array.isArray(given) ? JSON.stringify(given) : String(given);
}

export function describeDocument(
  state: RunCommandState,
  { Name: name }: DescribeDocumentRequest,
): DescribeDocumentResult {
  return { Document: documentShape(documentOf(state, name)) };
}

export function getDocument(state: RunCommandState, { Name }: GetDocumentRequest): GetDocumentResult {
  const { name, content } = documentOf(state, Name);
  return {
    Name: name,
    Content: content,
    Status: 'Active',
    DocumentVersion: '1',
    DocumentType: 'Command',
    DocumentFormat: 'JSON',
  };
}

function documentShape({
  name,
  createdAt,
  parameters,
  owner,
}: SsmDocument): NonNullable<DescribeDocumentResult['Document']> {
  return {
    Name: name,
    Owner: owner,
    CreatedDate: createdAt,
    Status: 'Active',
    DocumentVersion: '1',
    DefaultVersion: '1',
    LatestVersion: '1',
    DocumentType: 'Command',
    DocumentFormat: 'JSON',
    Parameters: parameters.map(parameterShape),
    PlatformTypes: ['Linux'],
  };
}

function parameterShape({ name, type, default: usual }: DocumentParameter) {
  return { Name: name, Type: type as 'String', ...defined({ DefaultValue: usual }) };
}

/** @throws ApiError `InvalidParameters` (SSM API, SendCommand) */
export function checkDeclared(
  { parameters: declared }: SsmDocument,
  given: Readonly<Record<string, readonly string[]>>,
): void {
  const missing = declared.some((one) => one.default === undefined && given[one.name] === undefined);
  const isKnown = (name: string): boolean => declared.some((one) => one.name === name);
  if (missing || !Object.keys(given).every(isKnown))
    throw new ApiError(
      'InvalidParameters',
      'You must specify values for all required parameters in the Systems Manager document. You can only supply values to parameters defined in the Systems Manager document.',
    );
  for (const { name, allowed } of declared) {
    const wrong = allowed && given[name]?.find((text) => !allowed.includes(text));
    if (wrong !== undefined)
      throw new ApiError('InvalidParameters', `Parameter ${name} has a value that is not allowed: ${wrong}`);
  }
}
