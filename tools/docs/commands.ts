import * as z from 'zod';
import type { sandboxData } from '../../src/commands/sandbox.ts';
import type { storeData } from '../../src/commands/store.ts';
import { boolean, formatOf, string, strings } from './format.ts';

/** The lines of commands that are about no run. */

export const sandboxLine = formatOf<ReturnType<typeof sandboxData>>()(
  z.strictObject({
    type: z.literal('sandbox-ready'),
    environment: string('name of the environment'),
    endpoint: string('URL of the API'),
    region: string('the region that it says it is'),
    exports: z
      .record(z.string(), z.string())
      .describe('environment variables for the SDK, the AWS CLI and turnout, by name'),
    dns: string('address and port of its DNS server'),
    names: strings('the DNS names that lead to it'),
    urls: z
      .strictObject({ production: strings('of production'), test: strings('of the test target groups') })
      .describe('URLs of the load balancers'),
  }),
);

export const storeLine = formatOf<ReturnType<typeof storeData>>()(
  z.strictObject({
    type: z.literal('store'),
    kind: string('kind of the store: `file`, `redis`, `dynamodb`'),
    created: boolean('false when there was nothing to create'),
  }),
);
