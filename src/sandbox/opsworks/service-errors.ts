import type { DescribeServiceErrorsRequest } from '@aws-sdk/client-opsworks';
import { oneKind } from './errors.ts';
import { instanceOf, newOpsId, nowText, stackOf, type OpsInstance, type OpsWorksState } from './model.ts';

/** Notes why OpsWorks itself failed with an instance. */
export function noteServiceError(state: OpsWorksState, { id, asked }: OpsInstance, message: string): void {
  state.serviceErrors.push({
    ServiceErrorId: newOpsId(),
    StackId: asked.StackId,
    InstanceId: id,
    Type: 'InstanceStartError',
    Message: message,
    CreatedAt: nowText(state),
  });
}

export function describeServiceErrors(state: OpsWorksState, input: DescribeServiceErrorsRequest): object {
  const { StackId, InstanceId, ServiceErrorIds } = input;
  if ([StackId, InstanceId, ServiceErrorIds].filter((given) => given !== undefined).length !== 1)
    throw oneKind('service error IDs or one stack ID or one instance ID');
  if (StackId !== undefined) stackOf(state, StackId);
  if (InstanceId !== undefined) instanceOf(state, InstanceId);
  const found = state.serviceErrors.filter(
    (one) =>
      one.StackId === (StackId ?? one.StackId) &&
      one.InstanceId === (InstanceId ?? one.InstanceId) &&
      (ServiceErrorIds?.includes(one.ServiceErrorId ?? '') ?? true),
  );
  return { ServiceErrors: found };
}
