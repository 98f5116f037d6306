import type {
  CreateDocumentRequest,
  CreateDocumentResult,
  DescribeDocumentRequest,
  DescribeDocumentResult,
} from '@aws-sdk/client-ssm';
import { ACCOUNT } from '../ec2/state.ts';
import { ApiError } from '../service.ts';
import { currentDate, type SsmDocument, type RunCommandState } from './model.ts';

/** AWS's document for shell commands. */
export const SHELL = 'AWS-RunShellScript';

export function documentOf({ documents }: RunCommandState, name = ''): SsmDocument {
  const found = documents.get(name.replace(/^arn:aws:ssm:[^/]*document\//, ''));
  if (found === undefined) throw new ApiError('InvalidDocument', `Document with name ${name} does not exist.`);
  return found;
}

export function createDocument(
  state: RunCommandState,
  { Name: name = '', Content: content = '' }: CreateDocumentRequest,
): CreateDocumentResult {
  if (state.documents.has(name))
    throw new ApiError('DocumentAlreadyExists', `Document with same name ${name} already exists`);
  const document = { name, createdAt: currentDate(state), parameters: parametersIn(content), owner: ACCOUNT };
  state.documents.set(name, document);
  return { DocumentDescription: documentShape(document) };
}

/** Names of the parameters that a JSON document declares. */
function parametersIn(content: string): readonly string[] {
  try {
    const { parameters = {} } = JSON.parse(content) as { readonly parameters?: object };
    return Object.keys(parameters);
  } catch {
    throw new ApiError('InvalidDocumentContent', 'The content of the document is not valid JSON.');
  }
}

export function describeDocument(
  state: RunCommandState,
  { Name: name }: DescribeDocumentRequest,
): DescribeDocumentResult {
  return { Document: documentShape(documentOf(state, name)) };
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
    Parameters: parameters.map((parameter) => ({ Name: parameter, Type: 'StringList' })),
    PlatformTypes: ['Linux'],
  };
}
