import { ApiError } from '../service.ts';

/** OpsWorks has two errors of its own (aws-reference 3.2); the messages are those that moto and AWS's guide show. */
export function opsWorksNotFound(kind: string, id: string): ApiError {
  return new ApiError('ResourceNotFoundException', `Unable to find ${kind} with ID ${id}`);
}

export function validationException(message: string): ApiError {
  return new ApiError('ValidationException', message);
}

/** Describes take ids of one kind only. */
export function provideOneKind(what: string): ApiError {
  return validationException(`Please provide either one or more ${what}`);
}
