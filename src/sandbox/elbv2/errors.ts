import { ApiError } from '../service.ts';
import type { Resource } from './model.ts';

/** Error codes of botocore's service model of elbv2; AWS's messages where they are known. */
const NOT_FOUND: Readonly<Record<Resource['kind'], readonly [code: string, message: string]>> = {
  loadbalancer: ['LoadBalancerNotFound', 'One or more load balancers not found'],
  listener: ['ListenerNotFound', 'One or more listeners not found'],
  'listener-rule': ['RuleNotFound', 'One or more rules not found'],
  targetgroup: ['TargetGroupNotFound', 'One or more target groups not found'],
};

export function elbv2NotFound(kind: Resource['kind']): ApiError {
  return new ApiError(...NOT_FOUND[kind]);
}

export function validationError(message: string): ApiError {
  return new ApiError('ValidationError', message);
}

/** The error for an AWS feature that the sandbox does not implement. */
export function elbv2Unsupported(what: string): ApiError {
  return validationError(`The sandbox does not support ${what}`);
}

export function inUse(arn: string): ApiError {
  return new ApiError('ResourceInUse', `Target group '${arn}' is currently in use by a listener or a rule`);
}

export function notPermitted(message: string): ApiError {
  return new ApiError('OperationNotPermitted', message);
}
