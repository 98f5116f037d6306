import * as z from 'zod';
import { endpoint, inMs, listOf, share, text, timeLimit, whole } from './values.ts';

const name = text('a name such as errors (letters, digits and hyphens)', /^[A-Za-z][A-Za-z0-9-]{0,63}$/).describe(
  'Name of the gate, in plans, verdicts and the journal.',
);
const dryRun = z
  .boolean({ error: 'true or false' })
  .default(false)
  .describe('Judge and show the verdict, and let it decide nothing.');
const timeout = timeLimit.prefault('10s').describe('Timeout of one request or one run; then it is inconclusive.');
const headers = z
  .record(z.string(), z.string(), { error: 'a map such as { authorization: "Bearer ${TOKEN}" }' })
  .default({})
  .describe('Request headers, for example with a token from a variable; they are never shown or recorded.');

const latency = z
  .strictObject({
    percentile: z
      .literal(['p50', 'p99'], { error: 'p50 or p99' })
      .default('p99')
      .transform((value) => (value === 'p50' ? 50 : 99))
      .describe('Percentile of the latency.'),
    times: z
      .number({ error: 'a number greater than 1, such as 1.3' })
      .gt(1, { error: 'a number greater than 1, such as 1.3' })
      .default(1.3)
      .describe('Green may be this many times as slow as blue.'),
    over: whole(1, 60).default(3).describe('Slower minutes that make it fail.'),
    of: whole(1, 60).default(5).describe('Number of last minutes that count; as many have to be measured.'),
  })
  .describe('Compares the latency of green and blue minute by minute, while both serve. Default: not compared.');

const compared = {
  max: share
    .exactOptional()
    .describe(
      'Largest share of failed requests once green has all of production, when nothing is left to compare it with. Without it the gate judges between steps only.',
    ),
  latency: latency.exactOptional(),
};

const RISE = 'Smallest rise of the share of failed requests over blue that has to be found, in percentage points.';

const probe = z.strictObject({
  kind: z
    .literal('probe')
    .describe(
      'Ten requests per second of the run itself; needs release.marker, which says which release has answered.',
    ),
  name,
  dryRun,
  url: z.url({ protocol: /^https?$/, error: 'a URL such as https://shop.example.com/' }).describe('URL of production.'),
  rise: share.prefault('5%').describe(RISE),
  ...compared,
});

const metric = z.strictObject({
  kind: z
    .literal('metric')
    .describe('Requests and 5xx responses by target group, as counted by CloudWatch; Application Load Balancers only.'),
  name,
  dryRun,
  rise: share.prefault('1%').describe(RISE),
  ...compared,
});

const alarm = z.strictObject({
  kind: z
    .literal('alarm')
    .describe('A CloudWatch alarm, also a composite or log alarm. One that is in ALARM refuses promote.'),
  name,
  dryRun,
  alarm: text('the name of an alarm').describe('Name of the alarm.'),
});

const WORDS = 'a list of a program and its arguments, such as [./judge.sh]';

const command = z
  .strictObject({
    kind: z.literal('command').describe('A program on this machine: exit code 0 passes, 1 fails, 75 is inconclusive.'),
    name,
    dryRun,
    run: listOf(text(WORDS, /^[\s\S]*$/), WORDS, WORDS).describe(
      'The program and its arguments, run without a shell. TURNOUT_RUN, TURNOUT_RELEASE, TURNOUT_BEFORE, TURNOUT_PERCENT, TURNOUT_SINCE and so on are set in its environment; its last line is the reason.',
    ),
    timeout,
  })
  .transform(inMs('timeout'));

const prometheus = z
  .strictObject({
    kind: z
      .literal('prometheus')
      .describe('An instant query with one value. No data, NaN and several series are inconclusive.'),
    name,
    dryRun,
    url: endpoint.describe('URL of the server, without /api/v1.'),
    query: text('a query').describe('PromQL; {release} and {before} are filled in.'),
    max: z.number({ error: 'a number' }).exactOptional().describe('Largest value that passes.'),
    min: z.number({ error: 'a number' }).exactOptional().describe('Smallest value that passes.'),
    headers,
    timeout,
  })
  .refine(({ max, min }) => max !== undefined || min !== undefined, { error: 'max, or min, or both' })
  .transform(inMs('timeout'));

const webhook = z
  .strictObject({
    kind: z
      .literal('webhook')
      .describe('Receives a POST with what is judged: 2xx passes, 4xx fails, all else is inconclusive.'),
    name,
    dryRun,
    url: endpoint.describe('URL that is posted to.'),
    headers,
    timeout,
  })
  .transform(inMs('timeout'));

const LIST = 'a list of gates such as { kind: alarm, name: errors, alarm: shop-5xx }';

export const gatesSection = listOf(
  z.discriminatedUnion('kind', [probe, metric, alarm, command, prometheus, webhook]),
  LIST,
  LIST,
).describe(
  'Gates that judge a release while it has a share of production: between steps, and in the bake at the end of promote. One that fails leads production back. A rollback is never gated.',
);

export const bakeSection = z
  .strictObject({
    time: timeLimit
      .exactOptional()
      .describe(
        'How long promote watches green once it has all of production; --bake overrides it. Default: as long as the gates need.',
      ),
    onInconclusive: z
      .enum(['hold', 'back', 'go'], { error: 'hold, back or go' })
      .default('hold')
      .describe(
        'What happens when time is over and a gate is inconclusive: hold stops and keeps the weights, back leads production back, go goes on.',
      ),
  })
  .transform(inMs('time'))
  .prefault({})
  .describe('The time after the last step of promote, in which gates and health checks judge the release.');
