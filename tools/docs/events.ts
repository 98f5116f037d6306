import * as z from 'zod';
import { ExitCode } from '../../src/errors.ts';
import type { PlannedStep, RunAhead, RunEvent } from '../../src/run/event.ts';
import {
  boolean,
  formatOf,
  location,
  number,
  numbers,
  oneOf,
  optional,
  string,
  strings,
  terminated,
  time,
  verdict,
} from './format.ts';
import { ALL_VERBS, STEP_KINDS, VERBS } from './words.ts';

/** The lines of a run. The compiler compares each schema with the type of the event. */

type EventOf<K extends RunEvent['type']> = Extract<RunEvent, { type: K }>;

const index = number('index of the step in the newest plan, from 0');
const release = 'the release that it is about; absent when the verb needs none';

const ahead = formatOf<RunAhead>()(
  z.strictObject({
    run: string('id of the run'),
    verb: oneOf(ALL_VERBS, 'what was asked for: a [verb](#verbs)'),
    release: optional(string(release)),
    who: string('who asked: `user@host`'),
    since: time('start of the run'),
    holds: boolean('true when it holds the lease; otherwise it waits, too'),
    doing: string('current step, in words; empty before the first one'),
  }),
);

const step = formatOf<PlannedStep>()(
  z.strictObject({
    do: z.enum(Object.keys(STEP_KINDS) as (keyof typeof STEP_KINDS)[]).describe('[kind of step](#kinds-of-steps)'),
    title: string('what it does, in words'),
    fleet: string('id of the fleet that it is about'),
    pool: optional(string('the target group that it is about; absent when there is none')),
    instances: strings('ids of the instances that it changes'),
    asks: z.boolean().describe("true when it waits for a person's answer: `turnout approve` or `turnout reject`"),
    seconds: number('expected time'),
    healthyAfter: numbers('healthy targets once it is done, by production target group'),
  }),
);

const waiting = z.array(z.strictObject({ id: string('id of the instance'), why: string('why, in words') }));

export const events: { readonly [K in RunEvent['type']]: z.ZodObject } = {
  started: formatOf<EventOf<'started'>>()(
    z.strictObject({
      type: z.literal('started'),
      run: string('id of the run'),
      environment: string('name of the environment'),
      verb: z.enum(VERBS).describe('what was asked for: a [verb](#verbs)'),
      release: optional(string(release)),
      who: string('who asked: `user@host`, or the value of `TURNOUT_WHO`'),
    }),
  ),
  queued: formatOf<EventOf<'queued'>>()(
    z.strictObject({
      type: z.literal('queued'),
      place: number('1 is the next one to get the lease'),
      ahead: z.array(ahead).describe('the runs before it, in the order in which they get the lease'),
    }),
  ),
  planned: formatOf<EventOf<'planned'>>()(
    z.strictObject({
      type: z.literal('planned'),
      steps: z.array(step).describe('the steps in order; empty when there is nothing to do'),
      notes: strings('sentences to read before the answer is yes'),
      healthyNow: numbers(
        'healthy targets now, by production target group; where weights divide traffic, of all of them as `production`',
      ),
      minimumHealthy: numbers('the fewest healthy targets allowed, by production target group'),
      seconds: number('expected time of the whole plan'),
      location: optional(location.describe('where the environment is')),
    }),
  ),
  output: formatOf<EventOf<'output'>>()(
    z.strictObject({
      type: z.literal('output'),
      line: string('the line, without its end'),
      instance: optional(string('id of the instance that it is about; absent when it is about none or several')),
    }),
  ),
  'step-started': formatOf<EventOf<'step-started'>>()(
    z.strictObject({ type: z.literal('step-started'), index, title: string('what it does, in words') }),
  ),
  'step-waiting': formatOf<EventOf<'step-waiting'>>()(
    z.strictObject({
      type: z.literal('step-waiting'),
      index,
      have: number('how many have the wanted state'),
      want: number('how many should have it'),
      word: string('the wanted state: `healthy`, `running`'),
      waiting: waiting.describe('those that do not have it yet'),
    }),
  ),
  'step-done': formatOf<EventOf<'step-done'>>()(
    z.strictObject({
      type: z.literal('step-done'),
      index,
      seconds: number('how long it took'),
      already: boolean('true when nothing had to be done'),
    }),
  ),
  'step-failed': formatOf<EventOf<'step-failed'>>()(
    z.strictObject({
      type: z.literal('step-failed'),
      index,
      message: string('what happened'),
      waiting: waiting.describe('the instances that it failed for'),
    }),
  ),
  verdict: formatOf<EventOf<'verdict'>>()(z.strictObject({ type: z.literal('verdict'), ...verdict.shape })),
  warning: formatOf<EventOf<'warning'>>()(
    z.strictObject({ type: z.literal('warning'), message: string('what should be known') }),
  ),
  undoing: formatOf<EventOf<'undoing'>>()(
    z.strictObject({ type: z.literal('undoing'), why: string('what failed, in words') }),
  ),
  traffic: formatOf<EventOf<'traffic'>>()(
    z.strictObject({
      type: z.literal('traffic'),
      url: string('the URL that was requested, ten times a second'),
      requests: number('how many requests were sent'),
      failed: number('how many of them failed'),
      latencyMs: z
        .strictObject({ p50: number('median'), p99: number('99th percentile'), max: number('maximum') })
        .describe('time until the response was complete, in milliseconds'),
      timeline: z
        .array(
          z.strictObject({
            at: number('start of this part, in milliseconds since 1970'),
            releases: numbers('responses by release'),
            failed: number('failed requests'),
          }),
        )
        .describe('parts of the run of equal length'),
      failures: strings('the first few different reasons for failed requests'),
    }),
  ),
  finished: formatOf<EventOf<'finished'>>()(
    z.strictObject({
      type: z.literal('finished'),
      result: z
        .enum(['done', 'planned', 'refused', 'undone', 'failed', 'interrupted'])
        .describe('`planned`: only a plan was asked for; `refused`: nothing was changed'),
      code: string('a word that stays the same over versions, such as `done`, `not-healthy`, `lease-held`'),
      exitCode: z.literal(Object.values(ExitCode)).describe('exit status of the process'),
      message: string('how things are now'),
      next: strings('what can be done next, the best first'),
      seconds: number('how long it took'),
      awsRequests: number('how many requests were sent to AWS'),
      proven: optional(number('answers of production in a row that prove the switch; absent when it is not proven')),
      terminated: optional(terminated),
      run: optional(string('id of the run; absent when the command was refused before it had one')),
      release: optional(string('the release that it was about, as far as that is known')),
      testUrls: optional(strings('where the new fleet can be tried')),
    }),
  ),
};
