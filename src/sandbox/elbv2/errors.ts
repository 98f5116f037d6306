import { ApiError } from '../service.ts';

/** Wire codes: botocore's service model of elbv2; messages as AWS words them where that is known. */
export const notFound = {
  loadBalancer: () => new ApiError('LoadBalancerNotFound', 'One or more load balancers not found'),
  listener: () => new ApiError('ListenerNotFound', 'One or more listeners not found'),
  rule: () => new ApiError('RuleNotFound', 'One or more rules not found'),
  targetGroup: () => new ApiError('TargetGroupNotFound', 'One or more target groups not found'),
};

export function invalid(message: string): ApiError {
  return new ApiError('ValidationError', message);
}

/** The sandbox is asked for something that AWS has and it hasn't: refused, since a success would be a wrong one. */
export function unsupported(what: string): ApiError {
  return invalid(`The sandbox does not support ${what}`);
}

export function inUse(arn: string): ApiError {
  return new ApiError('ResourceInUse', `Target group '${arn}' is currently in use by a listener or a rule`);
}

export function notPermitted(message: string): ApiError {
  return new ApiError('OperationNotPermitted', message);
}
