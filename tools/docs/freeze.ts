import * as z from 'zod';
import type { statusData } from '../../src/views/status-json.ts';
import { formatOf, string, time } from './format.ts';

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
