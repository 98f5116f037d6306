import type { Image, Instance, RunInstancesCommandInput, Volume } from '../../aws/ec2.ts';
import { defined } from '../../domain/defined.ts';

type Mapping = NonNullable<RunInstancesCommandInput['BlockDeviceMappings']>[number];

/** A volume of a clone: how it is asked for, and what it is, in words. */
export interface VolumeCopy {
  readonly mapping: Mapping;
  readonly words: string;
  readonly isRoot: boolean;
  readonly volume: Volume;
}

/** Types of volumes whose IOPS and throughput can be set; of others, EC2 refuses the parameters (EC2 API, EbsBlockDevice). */
const IOPS: ReadonlySet<unknown> = new Set(['io1', 'io2', 'gp3']);

/** The volumes of a clone that boots this image: like those of the server, in size, type, and encryption. */
export function volumeCopies(
  sample: Instance,
  volumes: ReadonlyMap<string, Volume>,
  image: Image,
): { readonly copies: readonly VolumeCopy[]; readonly lost: readonly string[] } {
  const copies: VolumeCopy[] = [];
  const lost: string[] = [];
  for (const { DeviceName: device = '', Ebs: ebs } of sample.BlockDeviceMappings ?? []) {
    const volume = volumes.get(ebs?.VolumeId ?? '');
    if (volume === undefined) continue;
    const isRoot = device === sample.RootDeviceName;
    if (volume.MultiAttachEnabled === true) lost.push(`volume ${volume.VolumeId} (${device}), which servers share`);
    else copies.push(copied(volume, isRoot ? (image.RootDeviceName ?? device) : device, { isRoot, image, ebs }));
  }
  return { copies, lost };
}

interface Place {
  readonly isRoot: boolean;
  readonly image: Image;
  readonly ebs: NonNullable<Instance['BlockDeviceMappings']>[number]['Ebs'];
}

function copied(volume: Volume, DeviceName: string, { isRoot, image, ebs }: Place): VolumeCopy {
  const ofImage = image.BlockDeviceMappings?.find((one) => one.DeviceName === DeviceName)?.Ebs;
  // The root volume always has the image's snapshot, and a volume cannot be smaller than its snapshot.
  const SnapshotId = isRoot ? undefined : (ofImage?.SnapshotId ?? (volume.SnapshotId || undefined));
  const size = Math.max(volume.Size ?? 0, ofImage?.VolumeSize ?? 0);
  const Ebs = defined({
    VolumeSize: size,
    VolumeType: volume.VolumeType,
    Iops: IOPS.has(volume.VolumeType) ? volume.Iops : undefined,
    Throughput: volume.VolumeType === 'gp3' ? volume.Throughput : undefined,
    Encrypted: volume.Encrypted === true ? true : undefined,
    KmsKeyId: volume.Encrypted === true ? volume.KmsKeyId : undefined,
    SnapshotId,
    DeleteOnTermination: ebs?.DeleteOnTermination,
    EbsCardIndex: ebs?.EbsCardIndex || undefined,
  });
  const kept = ebs?.DeleteOnTermination === false ? ', kept when the server ends' : '';
  const content = isRoot || ofImage?.SnapshotId ? '' : SnapshotId ? ` from ${SnapshotId}` : ', empty';
  const larger = size > (volume.Size ?? 0) ? `, as the image needs (it has ${volume.Size} GB)` : '';
  return {
    mapping: { DeviceName, Ebs },
    words: `${volumeWords(DeviceName, Ebs)}${content}${larger}${kept}`,
    isRoot,
    volume,
  };
}

/** `/dev/xvda 100 GB gp3, encrypted`. */
function volumeWords(device: string, { VolumeSize, VolumeType, Encrypted }: NonNullable<Mapping['Ebs']>): string {
  return `${device} ${VolumeSize} GB ${VolumeType}${Encrypted ? ', encrypted' : ''}`;
}

/** In the words that tell one server's volumes from another's. */
export function mappingWords(mappings: readonly Mapping[]): string {
  return mappings.map(({ DeviceName = '', Ebs }) => volumeWords(DeviceName, Ebs ?? {})).join(' and ');
}
