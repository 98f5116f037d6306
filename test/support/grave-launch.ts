import { FakeWorld, SPEC } from './fake-world.ts';
import type { Case } from './grave-case.ts';
import { boot, die, enter, sicken, type Act } from './hands.ts';
import { HOME, PROMOTED, world } from './worlds.ts';

const IN = { prod: 'healthy', test: '-' } as const;
const OUT = { prod: '-', test: 'healthy' } as const;

/** Blue serves, of the fleet to launch one zone was, and the other fleet is about to. */
function halfLaunched(): FakeWorld {
  const fake = new FakeWorld(
    world([
      { id: 'A', marks: HOME, members: [IN, IN] },
      { id: 'C', marks: {}, members: [OUT] },
    ]),
  );
  return fake;
}

/** A fleet with two instances beside production, as another run has left it. */
const appear =
  (id: string, marks = {}): Act =>
  (fake) => {
    const { fleets } = world([{ id, marks, members: [OUT, OUT] }]);
    fake.set((snapshot) => ({ ...snapshot, fleets: [...snapshot.fleets, ...fleets] }));
  };

const BATCHES = [
  { zone: 'a', subnet: 'subnet-a', count: 1 },
  { zone: 'b', subnet: 'subnet-b', count: 1 },
];

/** In the second of two zones. */
export const launchCase: Case<'launch'> = {
  name: 'the rest of a fleet',
  world: halfLaunched,
  step: { do: 'launch', fleet: 'C', release: 'C', run: 'r1', spec: { ...SPEC, batches: BATCHES } },
  refused: {
    'another run launches a fleet': [appear('D'), '2 instances of D (fleet D) are beside production now'],
    'more than were asked for boot in a zone': [boot('C', 'C-9'), 'C has 2 in a, and 1 were asked for'],
  },
  allowed: {
    'blue dies': sicken('prod', 'A-0', 'A-1'),
    'one of blue ends': die('A-1'),
    'a parked fleet is there': appear('D', PROMOTED),
    'an unmanaged server joins production': enter('prod', 'i-other'),
  },
};
