import * as z from 'zod';
import type { statusData } from '../../src/views/status-json.ts';
import { formatOf, keptVolumes, number, numbers, string, strings } from './format.ts';

/** What the config does not name, in the line of `status --json`. */
export const outside = formatOf<ReturnType<typeof statusData>['outside']>()(
  z.strictObject({
    state: z.enum(['not-asked', 'unreadable', 'seen']).describe('whether it was looked for, and could be read'),
    ageS: z.number().describe('seconds since it was looked for: `--watch` does so once a minute'),
    routes: z
      .array(
        z.strictObject({
          name: string('load balancer, port, and the priority of a rule; or a name'),
          url: string('its URL'),
          weights: numbers('weights by the names of target groups'),
        }),
      )
      .describe('listeners, rules and names that lead to these target groups'),
    owned: z
      .array(
        z.strictObject({
          id: string('id of an instance, or name of a target group or a rule'),
          kind: string('kind of the owner, such as `Auto Scaling group`'),
          name: string('name of the owner'),
        }),
      )
      .describe('what the tags say about who made what'),
    names: z
      .array(
        z.strictObject({
          name: string('a DNS name, and the type of its record: `old.shop.example.com (A)`'),
          pool: string('the target group to whose load balancer it leads'),
        }),
      )
      .describe('by weighted DNS: names in the zones of the config that it does not name'),
    impaired: z
      .array(
        z.strictObject({
          id: string('id of an instance'),
          check: z.enum(['instance', 'system']).describe("which of EC2's status checks fails"),
        }),
      )
      .describe('servers that fail a status check of EC2'),
    volumes: keptVolumes.describe("volumes with this environment's tags that no instance has any more"),
    words: strings('all of it as sentences'),
  }),
);

/** Requests that still reach what production has left. */
export const residualTraffic = formatOf<ReturnType<typeof statusData>['residualTraffic']>()(
  z.discriminatedUnion('state', [
    z.strictObject({ state: z.literal('not-asked') }),
    z.strictObject({
      state: z.literal('unreadable'),
      why: string('why they could not be counted, in words'),
      next: strings('what can be done about it'),
    }),
    z.strictObject({
      state: z.literal('counted'),
      requests: numbers('requests in that time, by target group'),
      withinS: number('length of that time, in seconds'),
    }),
  ]),
);
