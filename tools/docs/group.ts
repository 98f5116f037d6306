import * as z from 'zod';
import type { statusData } from '../../src/views/status-json.ts';
import { formatOf, number, string, strings, time } from './format.ts';

/** The Auto Scaling group of a fleet. */
export const group = formatOf<NonNullable<ReturnType<typeof statusData>['fleets'][number]['group']>>()(
  z.strictObject({
    name: string('its name'),
    minimum: number('its minimum size now'),
    maximum: number('its maximum size'),
    desired: number('its desired capacity'),
    inService: number('how many instances are in service'),
    held: z
      .strictObject({
        before: number('what the minimum is put back to'),
        at: number('what it was raised to'),
        run: string('id of the run that has raised it'),
        since: time('when that run began'),
        who: string('who asked: `user@host`, or the value of `TURNOUT_WHO`'),
      })
      .nullable()
      .describe('the minimum that a run has raised, so that the group is not scaled in; null when none has'),
    suspended: strings("suspended processes, in AWS's words"),
    refresh: string('state of the instance refresh that is under way').nullable(),
    failures: strings('why launches failed lately, the newest first'),
  }),
).meta({ title: 'Group' });
