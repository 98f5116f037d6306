import * as z from 'zod';
import type { statusData } from '../../src/views/status-json.ts';
import { formatOf, numbers, string, strings } from './format.ts';

/** What the config does not name, in the line of `status --json`. */
export const outside = formatOf<ReturnType<typeof statusData>['outside']>()(
  z.strictObject({
    state: z.enum(['not-asked', 'unreadable', 'seen']).describe('whether it was looked for, and could be read'),
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
    words: strings('all of it as sentences'),
  }),
);
