import { expect, test } from 'vitest';
import type { Fleet, KeptVolume } from '../../src/domain/snapshot.ts';
import { statusData } from '../../src/views/status-json.ts';
import { statusText } from '../../src/views/status-text.ts';
import { Rig } from '../support/fake-run-task.ts';
import { ALONE } from '../support/worlds.ts';
import { report } from './views.samples.ts';

/** Volumes that AWS keeps when their instances end: nothing else would name them again. */

function withVolumes(fleet: Fleet, volumes: readonly KeptVolume[]): Fleet {
  const [first, ...others] = fleet.instances;
  if (first === undefined) throw new Error('The fleet is empty.');
  return { ...fleet, instances: [{ ...first, keptVolumes: volumes }, ...others] };
}

async function cleanedUp(...volumes: readonly KeptVolume[]) {
  const rig = new Rig();
  await rig.run('promote');
  rig.fake.set((snapshot) => ({
    ...snapshot,
    fleets: snapshot.fleets.map((fleet) => (fleet.id === 'A' ? withVolumes(fleet, volumes) : fleet)),
  }));
  const ended = await rig.run('cleanup');
  return { ended, notes: rig.events.flatMap((event) => (event.type === 'planned' ? event.notes : [])) };
}

test('are in the plan of cleanup, with their sizes, and in its last sentence and JSON', async () => {
  const volumes = [
    { id: 'vol-1', sizeGb: 500 },
    { id: 'vol-2', sizeGb: 100 },
  ];
  const { ended, notes } = await cleanedUp(...volumes);
  expect(notes).toContain(
    'AWS keeps 2 volumes, 600 GB in all: vol-1 (500 GB) and vol-2 (100 GB). ' +
      'They cost on until they are deleted: `aws ec2 delete-volume --volume-id vol-1`.',
  );
  expect(ended.message).toContain(
    'Terminated: A (2 instances). Left, and still paid for: 2 volumes, 600 GB in all: vol-1 (500 GB) and vol-2 (100 GB).',
  );
  expect(ended.terminated).toEqual([{ release: 'A', instances: 2, volumes }]);
});

test('are named by their ids where their sizes could not be read; where there are none, nothing is said', async () => {
  const { ended } = await cleanedUp({ id: 'vol-1' });
  expect(ended.message).toContain('Left, and still paid for: 1 volume: vol-1.');
  const { ended: plain, notes } = await cleanedUp();
  expect(plain.message).not.toContain('Left');
  expect(notes.join()).not.toContain('volume');
});

test('are in status, by fleet, in words and in JSON', () => {
  const known = report();
  const volumes = [{ id: 'vol-1', sizeGb: 500 }];
  const fleets = known.snapshot.fleets.map((fleet) => (fleet.id === 'f-41' ? withVolumes(fleet, volumes) : fleet));
  const shown = { ...known, snapshot: { ...known.snapshot, fleets } };
  expect(statusText(shown, 200)).toContain(
    'Volumes: AWS keeps 1 volume, 500 GB in all: vol-1 (500 GB), when 41 is terminated.',
  );
  expect(statusData(shown).fleets.map(({ id, keptVolumes }) => [id, keptVolumes])).toEqual([
    ['f-42', []],
    ['f-41', volumes],
  ]);
  expect(statusText(known, 200)).not.toContain('Volumes:');
});

test('are in status also when their instances have ended', () => {
  const known = report();
  const volumes = [{ id: 'vol-1', sizeGb: 500 }, { id: 'vol-2' }];
  const surroundings = { names: [], impaired: {}, volumes, unread: [] };
  const shown = { ...known, snapshot: { ...known.snapshot, outside: { ...ALONE, surroundings } } };
  expect(statusText(shown, 200)).toContain(
    'Volumes: Left by instances that have ended, and still paid for: 2 volumes: vol-1 (500 GB) and vol-2. ' +
      '`aws ec2 delete-volume --volume-id vol-1` deletes one.',
  );
  expect(statusData(shown).outside.volumes).toEqual(volumes);
});
