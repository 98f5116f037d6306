import * as z from 'zod';
import type { statusData } from '../../src/views/status-json.ts';
import { formatOf, number, string, strings, time } from './format.ts';

/** What closed times say of now. */
export const freeze = formatOf<ReturnType<typeof statusData>['freeze']>()(
  z.strictObject({
    state: z
      .enum(['none', 'open', 'closed', 'unreadable'])
      .describe('`none`: the config has no closed times; `unreadable`: refused like `closed`'),
    changesAt: time('when that is over; null when it is not known').nullable(),
    words: string('why nothing new may begin, as a sentence; null while that is open').nullable(),
  }),
);

/** The rules that lead some requests to green. */
export const previewRules = formatOf<ReturnType<typeof statusData>['preview']>()(
  z.strictObject({
    state: z
      .enum(['none', 'seen', 'unreadable'])
      .describe('`none`: the config has no `preview`, and no rule of one is left'),
    by: string(
      'what a request has to have, such as `header x-preview: 42`; null when the config has no `preview`',
    ).nullable(),
    rules: z
      .array(
        z.strictObject({
          name: string('listener and priority'),
          fleet: string('id of the fleet that it was made for'),
          release: string('the release of that fleet'),
        }),
      )
      .describe('the rules that there are'),
    words: strings('the same, as sentences'),
  }),
);

/** Who takes work. */
export const work = formatOf<ReturnType<typeof statusData>['work']>()(
  z.strictObject({
    state: z.enum(['none', 'seen', 'unreadable']).describe('`none`: the config has no `owner`'),
    owner: string('the release that owns the work; null when there is no owner, or it is not known').nullable(),
    epoch: number('grows with each change of the owner; null when it is not known').nullable(),
  }),
);
