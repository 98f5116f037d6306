import type { LaunchTemplateSpecification, RunInstancesRequest } from '@aws-sdk/client-ec2';

export type ResourceTags = Readonly<Record<string, string>>;

/** What the questions of a request depend on, beside the request itself. */
export interface Inventory {
  readonly region: string;
  readonly account: string;
  /** ResourceTags of an EC2 resource by its id, of any other one by its ARN; none for what does not exist. */
  tagsOf(resource: string): ResourceTags;
  /** The version of a launch template that a launch uses. */
  templateOf(
    named: LaunchTemplateSpecification,
  ): { readonly id: string; readonly data: Partial<RunInstancesRequest> } | undefined;
  /** ARN of an Auto Scaling group. */
  scalingGroupOf(name: string): string | undefined;
  /** Whether the bucket is there, and no object of that key in it. */
  lacksObject(bucket: string, key: string): boolean;
  /** Id of the stack that an OpsWorks layer, instance, app or deployment belongs to. */
  stackOf(id: string): string | undefined;
}

export function arnIn({ region, account }: Inventory, service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}
