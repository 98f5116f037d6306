import { blueAndGreen } from './fake-world.ts';
import type { Case } from './grave-case.ts';
import { blind, die, enter, own, share, sicken, untag } from './hands.ts';

/** One of two is permitted to change while it serves: the other one alone carries production then. */
export const waveCase: Case<'permit-wave'> = {
  name: 'to one of two, which serves',
  world: blueAndGreen,
  step: {
    do: 'permit-wave',
    fleet: 'A',
    instances: ['A-0'],
    release: '42',
    run: 'r1',
    since: '2026-06-01T00:00:00.000Z',
    number: 1,
    words: 'permits',
    boundS: 60,
    minimumHealthy: { prod: { total: 1, zones: {} } },
  },
  refused: {
    'the other one gets sick': [sicken('prod', 'A-1'), 'nothing healthy'],
    'the other one drains': [enter('prod', 'A-1', 'draining'), 'nothing healthy'],
    'it dies': [die('A-0'), 'went away'],
    'it loses its tags': [untag('A-0'), 'went away'],
    'an Auto Scaling group takes it over': [own('web', 'A-0'), 'belongs to the Auto Scaling group web'],
    'another group gets it': [share('admin', 'A-0'), 'out of admin would leave nothing healthy'],
    'what others have there cannot be read': [blind, 'could not be read'],
  },
  allowed: {
    'it gets sick itself': sicken('prod', 'A-0'),
    'another group gets the other one': share('admin', 'A-1'),
    'an unmanaged server joins': enter('prod', 'i-other'),
  },
};
