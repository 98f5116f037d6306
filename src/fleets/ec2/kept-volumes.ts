import type { Ec2 } from '../../aws/ec2.ts';
import { defined } from '../../domain/defined.ts';
import { OperatorError } from '../../errors.ts';
import type { SeenInstance } from './tags.ts';

/** Adds the sizes of volumes that outlive their instances to what was seen of these; each volume is asked for once. */
export function keptVolumeSizes(ec2: Ec2): (instances: readonly SeenInstance[]) => Promise<readonly SeenInstance[]> {
  const known = new Map<string, number | undefined>();
  return async (instances) => {
    const missing = instances.flatMap(({ keptVolumes = [] }) => keptVolumes.map(({ id }) => id));
    await learn(
      ec2,
      missing.filter((id) => !known.has(id)),
      known,
    );
    return instances.map((instance) => {
      const { keptVolumes } = instance;
      if (keptVolumes === undefined) return instance;
      return { ...instance, keptVolumes: keptVolumes.map(({ id }) => ({ id, ...defined({ sizeGb: known.get(id) }) })) };
    });
  };
}

async function learn(ec2: Ec2, ids: readonly string[], known: Map<string, number | undefined>): Promise<void> {
  if (ids.length === 0) return;
  const found = await ec2.volumes(ids).catch(notTold);
  for (const id of ids) known.set(id, found.find(({ VolumeId }) => VolumeId === id)?.Size);
}

/** Sizes are worth knowing, and keep nothing from being done. */
function notTold(error: unknown): readonly [] {
  if (error instanceof OperatorError) return [];
  throw error;
}
