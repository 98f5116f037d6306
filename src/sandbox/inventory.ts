import type { AutoScalingGroupsType } from '@aws-sdk/client-auto-scaling';
import type { EmulatedEc2 } from './ec2/index.ts';
import type { EmulatedElbv2 } from './elbv2/index.ts';
import type { EmulatedOpsWorks } from './opsworks/index.ts';
import { ApiError, type Service } from './service.ts';
import { ACCOUNT } from './ec2/state.ts';
import type { Inventory, ResourceTags } from './iam/inventory.ts';

interface Owners {
  readonly ec2: EmulatedEc2;
  readonly elbv2: EmulatedElbv2;
  readonly opsworks: EmulatedOpsWorks;
  readonly autoscaling: Service;
  readonly s3: Service;
}

/** What IAM has to know of the other services' resources. */
export function createInventory({ ec2, elbv2, opsworks, autoscaling, s3 }: Owners, region: string): Inventory {
  const scalingGroup = (name: string) => {
    const output = autoscaling.operations.DescribeAutoScalingGroups?.({ AutoScalingGroupNames: [name] });
    return (output as AutoScalingGroupsType | undefined)?.AutoScalingGroups?.[0];
  };
  const scalingTags = (arn: string): ResourceTags => {
    const tags = scalingGroup(arn.split('autoScalingGroupName/').at(-1) ?? '')?.Tags ?? [];
    return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
  };
  return {
    region,
    account: ACCOUNT,
    tagsOf: (resource) => {
      if (!resource.startsWith('arn:')) return ec2.tagsOf(resource);
      return resource.includes(':autoscaling:') ? scalingTags(resource) : elbv2.tagsOf(resource);
    },
    templateOf: (named) => ec2.templateOf(named),
    scalingGroupOf: (name) => scalingGroup(name)?.AutoScalingGroupARN,
    lacksObject: (Bucket, Key) => isAbsent(() => s3.operations['HeadObject']?.({ Bucket, Key })),
    stackOf: (id) => opsworks.stackOf(id),
  };
}

function isAbsent(head: () => unknown): boolean {
  try {
    head();
    return false;
  } catch (error) {
    // Of a bucket that is not there it is another one.
    return error instanceof ApiError && error.code === 'NotFound';
  }
}
