import type { EndedFleet } from './goal.ts';
import { members } from './roles.ts';
import type { Fleet, KeptVolume, Snapshot } from './snapshot.ts';
import { count, list } from './text.ts';

/** Volumes that AWS does not delete with their instances: they cost on. */

/** Those of a fleet. */
export function keptVolumesOf(fleet: Fleet): readonly KeptVolume[] {
  return members(fleet).flatMap(({ keptVolumes = [] }) => keptVolumes);
}

/** `2 volumes, 600 GB in all: vol-1 (500 GB) and vol-2 (100 GB)`. */
function keptVolumeWords(volumes: readonly KeptVolume[]): string {
  const gb = volumes.reduce((sum, { sizeGb = NaN }) => sum + sizeGb, 0);
  const all = Number.isNaN(gb) ? '' : `, ${gb} GB in all`;
  const each = volumes.map(({ id, sizeGb }) => (sizeGb === undefined ? id : `${id} (${sizeGb} GB)`));
  return `${count(volumes.length, 'volume')}${all}: ${list(each, 5)}`;
}

/** For a plan that ends these fleets. */
export function keptVolumeNotes(fleets: readonly Fleet[]): readonly string[] {
  const volumes = fleets.flatMap(keptVolumesOf);
  const [first] = volumes;
  return first === undefined
    ? []
    : [
        `AWS keeps ${keptVolumeWords(volumes)}. They cost on until they are deleted: \`aws ec2 delete-volume --volume-id ${first.id}\`.`,
      ];
}

/** For those that only want to know: one sentence for each fleet that has some. */
export function keptVolumeFacts(fleets: readonly Fleet[]): readonly string[] {
  return fleets.flatMap((fleet) => {
    const volumes = keptVolumesOf(fleet);
    return volumes.length === 0 ? [] : [`AWS keeps ${keptVolumeWords(volumes)}, when ${fleet.release} is terminated.`];
  });
}

/** What fleets have left that have ended: nothing else names it any more. */
export function leftVolumeFacts({ outside }: Pick<Snapshot, 'outside'>): readonly string[] {
  const { volumes = [] } = (outside.state === 'seen' && outside.surroundings) || {};
  const [first] = volumes;
  return first === undefined
    ? []
    : [
        `Left by instances that have ended, and still paid for: ${keptVolumeWords(volumes)}. \`aws ec2 delete-volume --volume-id ${first.id}\` deletes one.`,
      ];
}

/** For the last sentence, with a space before it. */
export function leftVolumes(ended: readonly EndedFleet[]): string {
  const volumes = ended.flatMap((fleet) => fleet.volumes ?? []);
  return volumes.length === 0 ? '' : ` Left, and still paid for: ${keptVolumeWords(volumes)}.`;
}
