import type {
  CreateAppResult,
  CreateInstanceResult,
  CreateLayerResult,
  CreateStackResult,
} from '@aws-sdk/client-opsworks';
import type { Tag } from '@aws-sdk/client-ec2';
import type { EmulatedOpsWorks } from './index.ts';
import type { OpsLayer } from './state.ts';

/** Names of the stack that serves when the sandbox starts. */
export interface StackOption {
  readonly stack: string;
  /** Short name of the layer that serves. */
  readonly layer: string;
  /** Short name of the app. */
  readonly app: string;
}

interface FirstFleetOption extends StackOption {
  readonly region: string;
  readonly release: string;
  readonly tags: readonly Tag[];
  /** The zone of each instance. */
  readonly zones: readonly string[];
  readonly subnetOf: (zone: string) => string | undefined;
}

/** Creates a stack with a layer and an app, and starts its instances. Returns their EC2 ids. */
export async function seedStack(opsworks: EmulatedOpsWorks, fleet: FirstFleetOption): Promise<readonly string[]> {
  const call = async <T extends object>(name: string, input: object): Promise<T> =>
    (await opsworks.operations[name]?.(input)) as T;
  const role = 'arn:aws:iam::123456789012:role/aws-opsworks-service-role';
  const { StackId } = await call<CreateStackResult>('CreateStack', {
    Name: fleet.stack,
    Region: fleet.region,
    ServiceRoleArn: role,
    DefaultInstanceProfileArn: 'arn:aws:iam::123456789012:instance-profile/aws-opsworks-ec2-role',
  });
  await call<CreateAppResult>('CreateApp', { StackId, Name: fleet.app, Shortname: fleet.app, Type: 'other' });
  const { LayerId } = await call<CreateLayerResult>('CreateLayer', {
    StackId,
    Type: 'custom',
    Name: fleet.layer,
    Shortname: fleet.layer,
    CustomJson: JSON.stringify({ deploy: { [fleet.app]: { scm: { revision: fleet.release } } } }),
  });
  const { Layers } = await call<{ Layers: readonly OpsLayer[] }>('DescribeLayers', { LayerIds: [LayerId] });
  const Tags = Object.fromEntries(fleet.tags.map(({ Key, Value }) => [Key, Value]));
  await call('TagResource', { ResourceArn: Layers[0]?.Arn, Tags });
  const ids: string[] = [];
  for (const zone of fleet.zones) {
    const place = { AvailabilityZone: zone, SubnetId: fleet.subnetOf(zone) };
    const input = { StackId, LayerIds: [LayerId], InstanceType: 't3.micro', ...place };
    const { InstanceId } = await call<CreateInstanceResult>('CreateInstance', input);
    await call('StartInstance', { InstanceId });
    const found = await call<{ Instances: readonly { Ec2InstanceId?: string }[] }>('DescribeInstances', {
      InstanceIds: [InstanceId],
    });
    ids.push(found.Instances[0]?.Ec2InstanceId ?? '');
  }
  return ids;
}
