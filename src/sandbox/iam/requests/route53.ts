import type { ChangeResourceRecordSetsRequest } from '@aws-sdk/client-route-53';
import type { ConditionContext } from '../conditions.ts';
import type { Authorization } from '../decide.ts';

interface Named {
  readonly Id?: string;
  readonly HostedZoneId?: string;
  readonly HealthCheckId?: string;
}

/** What requests to Route 53 ask of IAM (Service Authorization Reference, Route 53). Its ARNs have no account. */
export function route53Authorizations(operation: string, input: object): readonly Authorization[] {
  const action = `route53:${operation}`;
  const { Id, HostedZoneId, HealthCheckId } = input as Named;
  const arn = (kind: string, id: string): string => `arn:aws:route53:::${kind}/${id.replace(/^\/\w+\//, '')}`;
  if (operation === 'ChangeResourceRecordSets') {
    const context = changeContext(input as ChangeResourceRecordSetsRequest);
    return [{ action, resource: arn('hostedzone', HostedZoneId ?? ''), context }];
  }
  const zone = HostedZoneId ?? (operation.includes('HostedZone') ? Id : undefined);
  if (zone !== undefined) return [{ action, resource: arn('hostedzone', zone), context: {} }];
  if (operation === 'GetChange') return [{ action, resource: arn('change', Id ?? ''), context: {} }];
  if (HealthCheckId !== undefined) return [{ action, resource: arn('healthcheck', HealthCheckId), context: {} }];
  return [{ action, resource: '*', context: {} }];
}

/** Names in lower case and without a final dot (Route 53 developer guide, "Using IAM policy conditions"). */
function changeContext({ ChangeBatch }: ChangeResourceRecordSetsRequest): ConditionContext {
  const changes = ChangeBatch?.Changes ?? [];
  const key = (what: string): string => `route53:ChangeResourceRecordSets${what}`;
  const unique = (values: readonly (string | undefined)[]): readonly string[] => [
    ...new Set(values.map((value) => value ?? '')),
  ];
  const sets = changes.map((change) => change.ResourceRecordSet);
  return {
    [key('NormalizedRecordNames')]: unique(sets.map((set) => set?.Name?.toLowerCase().replace(/\.$/, ''))),
    [key('RecordTypes')]: unique(sets.map((set) => set?.Type)),
    [key('Actions')]: unique(changes.map((change) => change.Action)),
  };
}
