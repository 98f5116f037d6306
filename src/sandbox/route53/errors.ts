import { ApiError } from '../service.ts';

/** Codes and statuses: botocore's service model of route53; messages as AWS words them where issue threads show them. */
export const route53NotFound = {
  zone: (id: string) => new ApiError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404),
  change: (id: string) => new ApiError('NoSuchChange', `Could not find resource with ID: ${id}`, 404),
  healthCheck: (id: string) => new ApiError('NoSuchHealthCheck', `No health check exists with the ID: ${id}`, 404),
};

export function invalidInput(message: string): ApiError {
  return new ApiError('InvalidInput', message);
}

/** The sandbox is asked for something that AWS has and it hasn't: refused, since a success would be a wrong one. */
export function route53Unsupported(what: string): ApiError {
  return invalidInput(`The sandbox does not support ${what}`);
}

/** All that is wrong with a batch, in one error: AWS lists the messages in brackets. */
export function invalidBatch(messages: readonly string[]): ApiError {
  return new ApiError('InvalidChangeBatch', `[${messages.join(', ')}]`);
}

/** A change of the same zone is still being processed (developer guide, DNSLimitations). */
export function priorRequest(): ApiError {
  const message = 'The request was rejected because Route 53 was still processing a prior request.';
  return new ApiError('PriorRequestNotComplete', message);
}

/** What is wrong with a name or a value, in the words of Route 53's parser. */
export class FatalProblem extends Error {
  constructor(problem: string, meaning: string, text: string) {
    super(`FATAL problem: ${problem} (${meaning}) encountered with '${text}'`);
    this.name = 'Fatal';
  }
}
