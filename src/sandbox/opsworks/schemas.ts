/**
 * Required members of the operations (OpsWorks API). The last SDK package for OpsWorks is older than the schemas of the other
 * packages. OpsWorks has dates as text and no blobs, so that operations get and return its JSON documents as they are.
 */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  CloneStack: ['SourceStackId', 'ServiceRoleArn'],
  CreateApp: ['StackId', 'Name', 'Type'],
  CreateDeployment: ['StackId', 'Command'],
  CreateInstance: ['StackId', 'LayerIds', 'InstanceType'],
  CreateLayer: ['StackId', 'Type', 'Name', 'Shortname'],
  CreateStack: ['Name', 'Region', 'ServiceRoleArn', 'DefaultInstanceProfileArn'],
  DeleteApp: ['AppId'],
  DeleteInstance: ['InstanceId'],
  DeleteLayer: ['LayerId'],
  DeleteStack: ['StackId'],
  DescribeApps: [],
  DescribeCommands: [],
  DescribeDeployments: [],
  DescribeInstances: [],
  DescribeLayers: [],
  DescribeLoadBasedAutoScaling: ['LayerIds'],
  DescribeServiceErrors: [],
  DescribeStacks: [],
  GetHostnameSuggestion: ['LayerId'],
  ListTags: ['ResourceArn'],
  RebootInstance: ['InstanceId'],
  SetLoadBasedAutoScaling: ['LayerId'],
  StartInstance: ['InstanceId'],
  StopInstance: ['InstanceId'],
  TagResource: ['ResourceArn', 'Tags'],
  UntagResource: ['ResourceArn', 'TagKeys'],
  UpdateApp: ['AppId'],
  UpdateInstance: ['InstanceId'],
  UpdateLayer: ['LayerId'],
  UpdateStack: ['StackId'],
};

const NAMESPACE = 'com.amazonaws.opsworks';
/** Smithy's numbers for operations, structures and documents in static schemas. */
const [OPERATION, STRUCT, DOCUMENT] = [9, 3, 15];

function struct(name: string, members: readonly string[]): readonly unknown[] {
  return [STRUCT, NAMESPACE, name, 0, members, members.map(() => DOCUMENT), members.length];
}

/** The operations in the form in which other SDK packages export theirs. */
export const schemas: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries(REQUIRED).map(([name, members]) => [
    `${name}$`,
    [OPERATION, NAMESPACE, name, 0, struct(`${name}Request`, members), struct(`${name}Result`, [])],
  ]),
);
