import * as z from 'zod';
import { percents, text, timeLimit } from './values.ts';

export const approvalSection = z
  .strictObject({
    shares: percents
      .default([])
      .describe(
        'Where traffic moves by weights in steps: shares of production in percent before which it waits. Default: before the first one.',
      ),
    timeout: timeLimit.prefault('24h').describe('How long it waits.'),
    onTimeout: z
      .enum(['back', 'go'], { error: 'back or go' })
      .default('back')
      .describe('What happens then: all goes back to the old servers, or the run goes on.'),
    from: text('a few words such as the shop team', /^[^\n]{1,80}$/)
      .default('anyone')
      .describe('Who is expected to approve, as text that is shown. Everybody with access to the store can approve.'),
  })
  .transform(({ timeout, ...rest }) => ({ ...rest, limitS: timeout / 1000 }))
  .describe('Every promote waits for `turnout approve`, from any machine with access to the store.');
