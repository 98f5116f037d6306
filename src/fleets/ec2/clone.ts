import type { Instance as Ec2Instance } from '../../aws/ec2.ts';
import { defined } from '../../domain/defined.ts';
import { notOurs, type Ec2FleetOptions, type PartialRequest } from './request.ts';

/** Servers like one that serves. */
export function fromBlue({ ec2, owner }: Ec2FleetOptions, sample: Ec2Instance): PartialRequest {
  const from = sample.InstanceId as string;
  return {
    run: defined({
      ImageId: sample.ImageId,
      InstanceType: sample.InstanceType,
      KeyName: sample.KeyName,
      SecurityGroupIds: sample.SecurityGroups?.flatMap((group) => group.GroupId ?? []),
      IamInstanceProfile: sample.IamInstanceProfile?.Arn ? { Arn: sample.IamInstanceProfile.Arn } : undefined,
      EbsOptimized: sample.EbsOptimized,
      Monitoring: sample.Monitoring?.State ? { Enabled: sample.Monitoring.State === 'enabled' } : undefined,
      Placement:
        sample.Placement?.Tenancy && sample.Placement.Tenancy !== 'default'
          ? { Tenancy: sample.Placement.Tenancy }
          : undefined,
      MetadataOptions: sample.MetadataOptions && {
        HttpTokens: sample.MetadataOptions.HttpTokens,
        HttpEndpoint: sample.MetadataOptions.HttpEndpoint,
        HttpPutResponseHopLimit: sample.MetadataOptions.HttpPutResponseHopLimit,
      },
      InstanceMarketOptions: sample.InstanceLifecycle === 'spot' ? { MarketType: 'spot' } : undefined,
      TagSpecifications: [notOurs(owner, { ResourceType: 'instance', Tags: sample.Tags })],
    }),
    userData: { from },
    replaces: async () => ({ data: await ec2.userData(from), of: from }),
    summary: [`cloned from ${from}: image ${sample.ImageId}, type ${sample.InstanceType}`],
  };
}
