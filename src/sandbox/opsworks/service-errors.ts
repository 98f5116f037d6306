import type { DescribeServiceErrorsRequest } from '@aws-sdk/client-opsworks';
import { oneKind } from './errors.ts';
import { instanceOf, newId, now, stackOf, type OpsInstance, type State } from './model.ts';

/** Notes why OpsWorks itself failed with an instance. */
export function noteServiceError(state: State, { id, asked }: OpsInstance, message: string): void {
  state.serviceErrors.push({
    ServiceErrorId: newId(),
    StackId: asked.StackId,
    InstanceId: id,
    Type: 'InstanceStartError',
    Message: message,
    CreatedAt: now(state),
  });
}

export function describeServiceErrors(state: State, input: DescribeServiceErrorsRequest): object {
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
