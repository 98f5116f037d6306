import * as z from 'zod';
import { inMs, listOf, text, timeLimit } from './values.ts';

const WORDS = 'a list of a program and its arguments, such as [./way-back.sh]';

export const schemaSection = z
  .strictObject({
    run: listOf(text(WORDS, /^[\s\S]*$/), WORDS, WORDS).describe(
      'Ends with 0 where TURNOUT_BACK_TO can serve with the data that TURNOUT_RELEASE leaves, and with 1 where it cannot, with the reason as its last line. Run without a shell.',
    ),
    timeout: timeLimit.prefault('5s').describe('Timeout; what is not answered is not known, and refuses nothing.'),
  })
  .transform(inMs('timeout'))
  .describe('Whether the data lets production go back: `promote --plan` says so beforehand, and `rollback` refuses.');
