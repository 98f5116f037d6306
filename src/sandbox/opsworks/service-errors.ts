import { randomUUID } from 'node:crypto';
import type { DescribeServiceErrorsRequest } from '@aws-sdk/client-opsworks';
import { provideOneKind } from './errors.ts';
import { instanceOf, timestamp, stackOf, type OpsInstance, type OpsWorksState } from './state.ts';

/** Records an error of OpsWorks itself, such as a start that EC2 rejected. */
export function addServiceError(state: OpsWorksState, { id, settings }: OpsInstance, message: string): void {
  state.serviceErrors.push({
    ServiceErrorId: randomUUID(),
    StackId: settings.StackId,
    InstanceId: id,
    Type: 'InstanceStartError',
    Message: message,
    CreatedAt: timestamp(state),
  });
}

export function describeServiceErrors(state: OpsWorksState, input: DescribeServiceErrorsRequest): object {
  const { StackId, InstanceId, ServiceErrorIds } = input;
  if ([StackId, InstanceId, ServiceErrorIds].filter((given) => given !== undefined).length !== 1)
    throw provideOneKind('service error IDs or one stack ID or one instance ID');
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
