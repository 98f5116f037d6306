import * as z from 'zod';
import type { followData } from '../../src/commands/follow.ts';
import type { publishedData } from '../../src/commands/publish.ts';
import type { sandboxData } from '../../src/commands/sandbox.ts';
import type { failedData } from '../../src/commands/status-all.ts';
import type { storeData } from '../../src/commands/store.ts';
import { FINDING_STATES, TOPICS } from '../../src/run/doctor/finding.ts';
import type { doctorData } from '../../src/views/doctor.ts';
import { boolean, formatOf, location, number, optional, string, strings } from './format.ts';

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

export const failedLine = formatOf<ReturnType<typeof failedData>>()(
  z.strictObject({
    type: z.literal('status-failed'),
    file: string('the config file'),
    code: string('why, as a word: as `code` of `finished`'),
    message: string('why, in words'),
  }),
);

export const publishLine = formatOf<ReturnType<typeof publishedData>>()(
  z.strictObject({
    type: z.literal('published'),
    release: string('the release'),
    sha256: string('of the bundle, in hex'),
    size: number('of the bundle, in bytes'),
    uploaded: boolean('false when it was published before, with the same content'),
    pointer: optional(number('with `--current`: the number of the pointer')),
  }),
);

export const followLine = formatOf<ReturnType<typeof followData>>()(
  z.strictObject({
    type: z.literal('follow'),
    instance: string('id of the instance'),
    message: string('what has happened, for people'),
  }),
);

export const storeLine = formatOf<ReturnType<typeof storeData>>()(
  z.strictObject({
    type: z.literal('store'),
    kind: string('kind of the store: `file`, `redis`, `dynamodb`'),
    created: boolean('false when there was nothing to create'),
  }),
);

export const doctorLine = formatOf<ReturnType<typeof doctorData>>()(
  z.strictObject({
    type: z.literal('doctor'),
    environment: string('name of the environment'),
    location: z.nullable(location).describe('where it is; null where that could not be read'),
    failures: number('how many findings are failures; with one or more the exit code is 2'),
    findings: z
      .array(
        z.strictObject({
          topic: z.enum(TOPICS).describe('what it is about'),
          state: z.enum(FINDING_STATES).describe('`not-checked`: nothing is known, which is not the same as `ok`'),
          code: optional(string('of a failure: the code with which a task would be refused; absent where none is')),
          says: string('what was seen, for people'),
          next: strings('what can be done, the best first, for people'),
        }),
      )
      .describe('in the order of the topics'),
  }),
);
