import * as z from 'zod';
import type { statusData } from '../../src/views/status-json.ts';
import { boolean, formatOf, number, string } from './format.ts';

type Pull = NonNullable<ReturnType<typeof statusData>['pull']>;

const STATES = ['never', 'silent', 'hindered', 'refused', 'working', 'unproven', 'follows'] as const;

const following = formatOf<Pull['instances'][number]>()(
  z.strictObject({
    id: string('id of the instance'),
    runs: string('the release that it says it runs; null: nothing yet').nullable(),
    permit: z
      .strictObject({
        number: number('its number, which grows'),
        release: string('what it may change to'),
        state: z.enum(['given', 'withdrawn']).describe('whether it still counts'),
      })
      .nullable()
      .describe('its newest permit; null when there was none'),
    reportedAgoS: number('seconds since its newest report; null: it has never reported').nullable(),
    state: z
      .enum(STATES)
      .describe(
        'never reported; silent: not lately; hindered: something keeps it from following; refused: it has not taken its last release; working: it changes; unproven: it does not answer as what it says it runs; follows: all is well',
      ),
    answer: string('what `instanceCheck` got from it, `ok` or what was wrong; null: not asked').nullable(),
    words: string('what is unusual about it, as a sentence; null when nothing is').nullable(),
  }),
).meta({ title: 'Following instance' });

export const pull = formatOf<Pull>()(
  z.strictObject({
    pointer: z
      .strictObject({
        number: number('its number, which grows with each move'),
        release: string('the release that new instances boot'),
        at: string('when it was moved, ISO'),
        by: string('who moved it'),
        isSigned: boolean('whether its release is signed'),
      })
      .nullable()
      .describe('null: none yet'),
    instances: z.array(following).describe('the instances of all fleets that run'),
  }),
);
