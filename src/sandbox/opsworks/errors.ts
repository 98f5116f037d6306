import { ApiError } from '../service.ts';

/** The two errors of OpsWorks (OpsWorks API); the messages are those of moto and of AWS's guide. */
export function opsWorksNotFound(kind: string, id: string): ApiError {
  return new ApiError('ResourceNotFoundException', `Unable to find ${kind} with ID ${id}`);
}

export function validationException(message: string): ApiError {
  return new ApiError('ValidationException', message);
}

/** Describe operations accept ids of one kind only. */
export function provideOneKind(what: string): ApiError {
  return validationException(`Please provide either one or more ${what}`);
}
