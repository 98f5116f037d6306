import * as z from 'zod';
import type { Approval } from '../../src/domain/approval.ts';
import { formatOf, number, optional, string, time } from './format.ts';

/** What a run waits for. */
export const approval = formatOf<Approval>()(
  z.strictObject({
    run: string('id of the run'),
    release: string('the release that is to get production'),
    share: number('what it is to have of production, in percent'),
    requestedBy: string('who started the run'),
    from: string('who is waited for, in words'),
    since: time('when it was asked for'),
    until: time('when the time limit passes'),
    decision: optional(
      z
        .strictObject({
          kind: z.enum(['approved', 'rejected']).describe('what was decided'),
          who: string('who decided'),
          at: time('when'),
          reason: optional(string('why; absent when that was not said')),
        })
        .describe('absent while it waits'),
    ),
    spent: optional(z.literal(true).describe('true once the release has had that share')),
  }),
).meta({ title: 'Approval' });
