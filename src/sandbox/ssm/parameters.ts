import type {
  GetParameterRequest,
  GetParameterResult,
  PutParameterRequest,
  PutParameterResult,
} from '@aws-sdk/client-ssm';
import { ACCOUNT, type Ec2State, type Parameter } from '../ec2/state.ts';
import { ApiError, type Call, type Service } from '../service.ts';

/** The operations of SSM's Parameter Store that image lookup needs. */
export function createParameters(state: Ec2State): Service {
  return {
    id: 'ssm',
    operations: {
      GetParameter: (input: GetParameterRequest, call?: Call) => getParameter(state, input, call),
      PutParameter: (input: PutParameterRequest) => putParameter(state, input),
    },
    close: async () => {},
  };
}

function getParameter(state: Ec2State, input: GetParameterRequest, call?: Call): GetParameterResult {
  const parameter = state.parameters.get(input.Name ?? '', call?.lagMs);
  if (!parameter) throw new ApiError('ParameterNotFound', '');
  return {
    Parameter: {
      ARN: `arn:aws:ssm:${state.region}:${ACCOUNT}:parameter/${parameter.name.replace(/^\//, '')}`,
      DataType: 'text',
      LastModifiedDate: parameter.modifiedAt,
      Name: parameter.name,
      Type: parameter.type as 'String',
      Value: parameter.value,
      Version: parameter.version,
    },
  };
}

function putParameter(state: Ec2State, input: PutParameterRequest): PutParameterResult {
  const { Name: name = '', Value: value = '', Type: type } = input;
  const before = state.parameters.get(name);
  if (before && !input.Overwrite) {
    const message =
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.';
    throw new ApiError('ParameterAlreadyExists', message);
  }
  if (!before && type === undefined)
    throw new ApiError('ValidationException', 'A parameter type is required when you create a parameter.');
  const version = (before?.version ?? 0) + 1;
  const parameter: Parameter = { name, value, type: type ?? before!.type, version, modifiedAt: state.now() };
  state.parameters.set(name, parameter);
  return { Tier: 'Standard', Version: version };
}
