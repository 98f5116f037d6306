import * as z from 'zod';
import { inMs, listOf, text, timeLimit } from './values.ts';

const WORDS = 'a list of a program and its arguments, such as [./owner.sh, read]';
const run = listOf(text(WORDS, /^[\s\S]*$/), WORDS, WORDS);

export const ownerSection = z
  .strictObject({
    read: run.describe('Prints who takes work as its last line: {"owner": "42", "epoch": 7}, with null for nobody.'),
    set: run.describe(
      'Makes TURNOUT_OWNER (empty: nobody) the owner with the epoch TURNOUT_FENCE, in one statement, where TURNOUT_OWNER_BEFORE and TURNOUT_FENCE_BEFORE are still so; fails otherwise.',
    ),
    idle: run.describe('Ends with 0 once no work of the release TURNOUT_IDLE is under way, and with 1 before.'),
    readTimeout: timeLimit.prefault('5s').describe('Timeout of read.'),
    timeout: timeLimit.prefault('10s').describe('Timeout of set, and of one call of idle.'),
  })
  .transform(inMs('readTimeout', 'timeout'))
  .describe(
    'Work that must not run twice, such as queues and schedulers: programs, run without a shell, that hand it over in a switch. Owners are releases.',
  );
