import { ApiError } from '../service.ts';

/** Error codes of botocore's service model of autoscaling; everything else is a `ValidationError` with prose. */
export const scalingError = {
  invalid: (message: string) => new ApiError('ValidationError', message),
  /** A group that does not exist is an error of every operation but Describe. */
  noGroup: () => new ApiError('ValidationError', 'AutoScalingGroup name not found - null'),
  exists: (name: string) =>
    new ApiError(
      'AlreadyExists',
      `AutoScalingGroup by this name already exists - A group with the name ${name} exists`,
    ),
  limit: (message: string) => new ApiError('LimitExceeded', message),
  inUse: (message: string) => new ApiError('ResourceInUse', message),
  activity: (message: string) => new ApiError('ScalingActivityInProgress', message),
  refreshing: () =>
    new ApiError(
      'InstanceRefreshInProgress',
      'An Instance Refresh is already in progress and blocks the execution of this request',
    ),
  irreversible: () =>
    new ApiError('IrreversibleInstanceRefresh', 'The desired configuration of the refresh is not set'),
  noRefresh: () => new ApiError('ActiveInstanceRefreshNotFound', 'No in progress or pending Instance Refresh found'),
  invalidToken: () => new ApiError('InvalidNextToken', 'The token is not valid'),
  unsupported: (what: string) => new ApiError('ValidationError', `The sandbox does not support ${what}`),
};
