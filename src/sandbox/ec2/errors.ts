import { ApiError } from '../service.ts';

/** EC2's error codes and messages (EC2 API reference, "Error codes"). */
export const ec2Error = {
  missing: (parameter: string) =>
    new ApiError('MissingParameter', `The request must contain the parameter ${parameter}`),
  invalid: (message: string) => new ApiError('InvalidParameterValue', message),
  combination: (message: string) => new ApiError('InvalidParameterCombination', message),
  malformed: (code: string, id: string) => new ApiError(code, `Invalid id: "${id}"`),
  notFound: (code: string, noun: string, ids: readonly string[]) =>
    new ApiError(
      code,
      ids.length === 1
        ? `The ${noun} ID '${ids[0]}' does not exist`
        : `The ${noun} IDs '${ids.join(', ')}' do not exist`,
    ),
  state: (message: string) => new ApiError('IncorrectInstanceState', message),
};

/** Throws unless all ids are well-formed and known. */
export function checkIds(
  ids: readonly string[],
  known: (id: string) => boolean,
  kind: { prefix: string; code: string; noun: string },
): void {
  const malformed = ids.find((id) => !new RegExp(`^${kind.prefix}-[0-9a-f]{8}([0-9a-f]{9})?$`).test(id));
  if (malformed !== undefined) throw ec2Error.malformed(`${kind.code}.Malformed`, malformed);
  const unknown = ids.filter((id) => !known(id));
  if (unknown.length > 0) throw ec2Error.notFound(`${kind.code}.NotFound`, kind.noun, unknown);
}

export const INSTANCE = { prefix: 'i', code: 'InvalidInstanceID', noun: 'instance' };
