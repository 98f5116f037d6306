import * as z from 'zod';
import type { statusData } from '../../src/views/status-json.ts';
import { formatOf, number, string, time } from './format.ts';

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

/** Who takes work. */
export const work = formatOf<ReturnType<typeof statusData>['work']>()(
  z.strictObject({
    state: z.enum(['none', 'seen', 'unreadable']).describe('`none`: the config has no `owner`'),
    owner: string('the release that owns the work; null when there is no owner, or it is not known').nullable(),
    epoch: number('grows with each change of the owner; null when it is not known').nullable(),
  }),
);
