import { ApiError } from '../service.ts';

/** Error codes and statuses of botocore's service model of route53; AWS's messages where they are known. */
export const route53NotFound = {
  zone: (id: string) => new ApiError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404),
  change: (id: string) => new ApiError('NoSuchChange', `Could not find resource with ID: ${id}`, 404),
  healthCheck: (id: string) => new ApiError('NoSuchHealthCheck', `No health check exists with the ID: ${id}`, 404),
};

export function invalidInput(message: string): ApiError {
  return new ApiError('InvalidInput', message);
}

/** The error for an AWS feature that the sandbox does not implement. */
export function route53Unsupported(what: string): ApiError {
  return invalidInput(`The sandbox does not support ${what}`);
}

/** The error with all problems of a batch: AWS lists them in brackets. */
export function invalidBatch(messages: readonly string[]): ApiError {
  return new ApiError('InvalidChangeBatch', `[${messages.join(', ')}]`);
}

/** A change of the same zone is still being processed (Route 53 developer guide, "Quotas"). */
export function priorRequest(): ApiError {
  const message = 'The request was rejected because Route 53 was still processing a prior request.';
  return new ApiError('PriorRequestNotComplete', message);
}

/** An invalid name or value, with the message of Route 53's parser. */
export class FatalProblem extends Error {
  constructor(problem: string, meaning: string, text: string) {
    super(`FATAL problem: ${problem} (${meaning}) encountered with '${text}'`);
    this.name = 'Fatal';
  }
}
