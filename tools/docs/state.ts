import * as z from 'zod';
import type { Marks } from '../../src/domain/snapshot.ts';
import type { Holder, JournalEntry, Lease } from '../../src/stores/store.ts';
import type { goalData } from '../../src/views/json.ts';
import type { lockData } from '../../src/views/lock.ts';
import type { statusData } from '../../src/views/status-json.ts';
import {
  boolean,
  clients,
  formatOf,
  keptVolumes,
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
import { freeze, previewRules as preview, work } from './freeze.ts';
import { pull } from './pull.ts';
import { approval } from './approval.ts';
import { group } from './group.ts';
import { outside, residualTraffic } from './outside.ts';
import { ALL_VERBS, VERBS } from './words.ts';

/** The lines of commands that are not runs. The compiler compares each schema with the type of what is written. */

const release = 'the release that it is about; absent when the verb needs none';
const verb = oneOf(ALL_VERBS, 'what was asked for: a [verb](#verbs)');
const who = string('who asked: `user@host`, or the value of `TURNOUT_WHO`');

const verbNow = z.strictObject({
  verb: z.enum(VERBS).describe('a [verb](#verbs)'),
  accepted: boolean('whether it would be accepted now'),
  why: string('why not, or what it would do'),
});

const holder = formatOf<Holder>()(
  z.strictObject({
    run: string('id of the run'),
    who,
    host: string('name of the machine'),
    pid: number('id of the process'),
    verb,
    release: optional(string(release)),
    since: time('start of the run'),
  }),
).meta({ title: 'Holder' });

const lease = formatOf<Lease>()(
  z.strictObject({
    holder: holder.describe('the run that holds the lease'),
    fence: number('fencing number: grows with each lease, and is in the user agent of each request (`fence/12`)'),
    doing: string('current step, in words; empty before the first one'),
    next: optional(string('the step after that; absent when there is none, or it is not known yet')),
    renewedAt: number('time of the last renewal, in milliseconds since 1970'),
    expiresAt: number('time at which the lease expires unless it is renewed, in milliseconds since 1970'),
    maybeExpired: optional(
      z
        .literal(true)
        .describe('true when it has expired, and the store (DynamoDB) must watch it before another run may have it'),
    ),
  }),
).meta({ title: 'Lease' });

const goal = formatOf<ReturnType<typeof goalData>>()(
  z.strictObject({
    run: string('id of the run that recorded it first'),
    who,
    since: time('start of that run'),
    verb: z.enum(VERBS).describe('a [verb](#verbs)'),
    release: string('the release that it is about'),
    fleet: string('id of the fleet that it is about'),
    instances: strings('ids of the instances that were named; empty when it is about the whole fleet'),
    stepsDone: number('how many steps are done'),
    stepsAll: number('how many steps the plan has'),
    updatedAt: time('last change of these numbers'),
  }),
).meta({ title: 'Goal' });

const run = formatOf<JournalEntry>()(
  z.strictObject({
    run: string('id of the run'),
    verb: oneOf([...ALL_VERBS, '?'], 'what was asked for: a [verb](#verbs); `?` in an unreadable entry'),
    release: optional(string(release)),
    who,
    host: string('name of the machine'),
    location: optional(location.describe('where the environment is; absent when the run did not look')),
    since: time('start of the run'),
    until: optional(time('end of the run; absent while it is running, or when it was killed')),
    movedAt: optional(time('the last request that changed what serves production; absent when there was none')),
    outcome: z
      .enum(['running', 'done', 'refused', 'undone', 'failed', 'interrupted', 'unreadable'])
      .describe(
        'how it ended; `running` also when it was killed; `unreadable` when the entry is of another version, or damaged: then only `since` is known',
      ),
    message: string('the last sentence of the run; empty while it is running'),
    awsRequests: number('how many requests were sent to AWS'),
    overrideFreeze: optional(string('why closed times did not count for it; absent when that was not said')),
    overrideSchema: optional(string('why it went back where `schema` says no; absent when that was not said')),
    proven: optional(number('answers of production in a row that prove the switch; absent when it is not proven')),
    terminated: optional(terminated),
    production: optional(
      z
        .record(
          z.string(),
          z.array(
            z.strictObject({
              fleet: string('id of the fleet'),
              release: string(release),
              share: optional(number('its share in percent; absent where fleets move between target groups')),
            }),
          ),
        )
        .describe(
          'the fleets in production when the run ended, by rule, name or target group; absent when the run did not see it, or was not about that',
        ),
    ),
    verdicts: optional(z.array(verdict).describe('the last word of each gate; absent when none was asked')),
    traffic: optional(clients),
  }),
).meta({ title: 'Run' });

export const runLine = z.strictObject({ type: z.literal('run'), ...run.shape });

export const lockLine = formatOf<ReturnType<typeof lockData>>()(
  z.strictObject({
    type: z.literal('lock'),
    environment: string('name of the environment'),
    store: string('kind of the store: `file`, `redis`, `dynamodb`'),
    lease: lease.nullable().describe('null when no lease is held'),
    queue: z.array(holder).describe('the runs that wait for the lease, the next one first'),
    goal: goal.nullable().describe('what is recorded as unfinished or in progress; null when nothing is'),
  }),
);

const marks = formatOf<Marks>()(
  z.strictObject({
    current: optional(time('when `adopt` or `cleanup` made it the only fleet')),
    alone: optional(time('when it was seen to have all of production, where a bake followed')),
    promoted: optional(time('when it first got production traffic')),
    share: optional(string('its share of production in percent, `@`, and when it got that (ISO 8601)')),
    lowered: optional(time('when TTLs had been lowered for it')),
    size: optional(
      string('instances by zone that it was launched with, or had when it became the only one: `eu-west-1a=2`'),
    ),
    store: optional(string('the store that keeps the lease: an ISO time, its id, where it is, and who uses it')),
    migrated: optional(string('the release whose migrations have run, and the id of the run that ran them')),
    pointed: optional(string('pull deploys: the release that new instances boot, and the id of the run that said so')),
  }),
);

/** Each object is compared on its own: the compiler does not compare types that are nested deeply. */
type Status = ReturnType<typeof statusData>;
type PoolStatus = Status['pools'][number];
type FleetStatus = Status['fleets'][number];

const role = z.enum(['blue', 'green', 'parked', 'rejected', 'retired']);

const target = formatOf<PoolStatus['targets'][number]>()(
  z.strictObject({
    id: string('id of the instance'),
    port: number('port that it is registered with'),
    zone: string('availability zone').nullable(),
    fleet: string('id of its fleet').nullable(),
    release: string('release of the instance').nullable(),
    role: role.nullable().describe('role of its fleet'),
    state: z
      .enum(['initial', 'healthy', 'unhealthy', 'unhealthy.draining', 'unused', 'draining', 'unavailable'])
      .describe("ELB's state"),
    reason: string("ELB's reason code; null when there is none").nullable(),
    words: string('both in words'),
  }),
).meta({ title: 'Target' });

const pool = formatOf<PoolStatus>()(
  z.strictObject({
    name: string('name of the target group'),
    role: z.enum(['production', 'test', 'other']).describe('whose requests it gets'),
    urls: strings('URLs that lead to it'),
    healthy: number('how many of the registered targets are healthy'),
    registered: number('how many targets are registered; those that drain do not count'),
    targets: z.array(target).describe('its targets'),
  }),
).meta({ title: 'Target group' });

const instance = formatOf<FleetStatus['instances'][number]>()(
  z.strictObject({
    id: string('id of the instance'),
    zone: string('availability zone'),
    state: z.enum(['pending', 'running', 'shutting-down', 'terminated', 'stopping', 'stopped']).describe("EC2's state"),
    launchedAt: time('when it was launched'),
    release: string('the release that it has'),
    left: z
      .array(z.strictObject({ pool: string('name of the target group'), port: number('the port') }))
      .describe('where it was taken out and is not back'),
    deploy: z
      .strictObject({
        release: string('the release'),
        run: string('id of the run'),
        state: z.enum(['started', 'done']).describe('`started` when it failed or has not ended'),
      })
      .nullable()
      .describe('the last deploy in place; null when there was none'),
  }),
).meta({ title: 'Instance' });

const fleet = formatOf<FleetStatus>()(
  z.strictObject({
    id: string('id of the fleet'),
    release: string('its release; in the middle of a rolling deploy that of most instances'),
    role: role.describe('read from who is registered in which target group'),
    marks: marks.describe('facts from the past, kept as tags'),
    besideSince: time(
      'since when it has been beside production, having served; null unless that is more than a day',
    ).nullable(),
    group: group
      .nullable()
      .describe('its Auto Scaling group; null where turnout launches and terminates its instances'),
    keptVolumes: keptVolumes.describe('volumes that AWS keeps when its instances are terminated'),
    instances: z.array(instance).describe('those that are not terminated'),
  }),
).meta({ title: 'Fleet' });

const route = formatOf<Status['routes'][number]>()(
  z.strictObject({
    name: string('load balancer, port, and the priority of a rule: `shop:443 priority 10`'),
    role: z.enum(['production', 'test']).describe('whose requests it brings'),
    url: string('its URL'),
    weights: numbers('weights by the names of our target groups'),
    othersWeight: number('sum of the weights of other target groups'),
    answers: z
      .enum(['a redirect', 'a fixed response'])
      .nullable()
      .describe('what its clients get instead of being forwarded; null where they are'),
    stickyS: number(
      'seconds for which a client stays with a target group whatever the weights are; 0 without stickiness',
    ),
  }),
).meta({ title: 'Route' });

const rollback = formatOf<Status['rollback']>()(
  z.discriminatedUnion('ready', [
    z.strictObject({
      ready: z.literal(true),
      seconds: number('expected time in seconds'),
      why: string('the fleet that would serve, in words'),
    }),
    z.strictObject({ ready: z.literal(false), why: string('why not, in the words of the refusal') }),
  ]),
);

export const statusLine = formatOf<Status>()(
  z.strictObject({
    type: z.literal('status'),
    environment: string('name of the environment'),
    location: location.nullable().describe('where the environment is'),
    pools: z.array(pool).describe('the target groups'),
    routes: z.array(route).describe('rules and names that divide traffic by weight; empty when membership moves it'),
    residualTraffic: residualTraffic.describe('requests that still reach target groups by old DNS answers'),
    passedOver: strings(
      'which target groups Route 53 answers without, whatever their weights, and why, as sentences (`weighted-dns`)',
    ),
    fleets: z.array(fleet).describe('the fleets with instances that exist, those that serve first'),
    work: work.describe('who takes work that must not run twice (`owner` in the config)'),
    preview: preview.describe('which requests green gets before production moves (`preview` in the config)'),
    pull: pull
      .nullable()
      .describe('who runs what, where instances fetch their releases (`deploy.kind: pull`); null otherwise'),
    freeze: freeze.describe('whether this is a closed time (`freeze` in the config)'),
    unmanaged: strings("ids of instances in a target group that lack this environment's tags"),
    outside: outside.describe(
      'what the config does not name, and leads to the servers and target groups, or owns them',
    ),
    unreadable: strings('what could not be read of AWS, and why, as sentences'),
    rollback: rollback.describe('whether `turnout rollback --plan` would be accepted now'),
    proof: z
      .strictObject({ proven: boolean('whether it is'), why: string('why, in words') })
      .nullable()
      .describe('whether the last switch is proven; null when there was none'),
    lease: lease.nullable().describe('null when no lease is held'),
    goal: goal.nullable().describe('what is recorded as unfinished or in progress; null when nothing is'),
    approval: approval.nullable().describe('the approval that the recorded goal waits for, or has got; null when none'),
    trouble: string(
      'why the store could not be read: then `lease`, `goal` and `last` are null, and `verbs` is empty; otherwise null',
    ).nullable(),
    movedByOthers: string(
      'what something other than turnout has changed of production since the last run that was about it; null when nothing, or when that is not known',
    ).nullable(),
    otherStore: string('which store keeps the environment instead, in words; null when this one does').nullable(),
    verbs: z.array(verbNow).describe('what can be done now'),
    last: run.nullable().describe('the newest entry of the history; null when there is none'),
  }),
);
