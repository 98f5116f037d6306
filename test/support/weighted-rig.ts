import { Rig } from './fake-run-task.ts';
import { FakeWorld } from './fake-world.ts';
import { settingsIn, weightedWorld } from './weighted-worlds.ts';
import { HOME } from './worlds.ts';

/** A run in a world where weights move traffic: A serves, and B is green, each of that many instances. */
export function weightedRig(size = 1): Rig {
  const members = <T>(member: T): readonly T[] => Array.from({ length: size }, () => member);
  const start = weightedWorld({
    fleets: [
      { id: 'A', marks: HOME, members: members({ one: 'healthy' }) },
      { id: 'B', marks: {}, members: members({ two: 'healthy' }) },
    ],
    production: [0],
    test: 100,
  });
  const fake = new FakeWorld(start);
  Object.assign(fake.ports.traffic, { settings: settingsIn(start).traffic });
  return new Rig(fake);
}
