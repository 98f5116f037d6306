import * as z from 'zod';
import { parseRedisUrl, REDIS_URL } from './redis-url.ts';
import { endpoint, timeLimit, region, text } from './values.ts';

const TTL = 'Time after which the lease of a run that went silent is free for others.';

/** Between machines a beat takes its way over a network: with less, a hiccup would end a run. */
const shared = timeLimit
  .refine((ms) => ms >= 1000, { error: 'a duration of 1s or more' })
  .prefault('60s')
  .describe(TTL);

const file = z.strictObject({
  kind: z
    .literal('file')
    .describe('A file on this machine (SQLite). For one machine at a time: not for network file systems.'),
  path: text('the path of a file')
    .optional()
    .describe(
      'Path of the file, relative to the folder of this config file. Default: .turnout/ENVIRONMENT.db in the folder of this config file, or in the one above when that folder is called config.',
    ),
  ttl: timeLimit.prefault('60s').describe(TTL),
});

const redis = z.strictObject({
  kind: z.literal('redis').describe('A Redis (5 or newer) or Valkey server, for any number of machines.'),
  url: text(REDIS_URL, /^(?:(?:redis|valkey)s?(?:\+(?:sentinel|cluster))?|unix):\/\//)
    .transform((url, context) => {
      const server = parseRedisUrl(url);
      if (server !== undefined) return server;
      context.addIssue({ code: 'custom', message: REDIS_URL });
      return z.NEVER;
    })
    .describe(
      'Where it is: redis:// (rediss:// with TLS), redis+sentinel://, redis+cluster:// or unix://. Best given as a variable, such as ${REDIS_URL}, since it holds a password.',
    ),
  prefix: text('letters, digits and . _ : - / (at most 64)', /^[\w.:/-]{1,64}$/)
    .default('turnout')
    .describe('What all keys begin with: one for each AWS account that shares the server.'),
  ttl: shared,
});

const dynamodb = z.strictObject({
  kind: z
    .literal('dynamodb')
    .describe('A table in DynamoDB, for any number of machines. `turnout store create` makes it.'),
  table: text('the name of a table (3 to 255 letters, digits and _ . -)', /^[\w.-]{3,255}$/)
    .default('turnout')
    .describe('Name of the table; environments may share one.'),
  region: region.optional().describe('Region of the table. Default: that of the environment.'),
  profile: text('the name of a profile')
    .optional()
    .describe('Profile that may use the table. Default: that of the environment.'),
  endpoint: endpoint
    .optional()
    .describe('URL that requests to the table go to. Default: that of the environment, or AWS.'),
  ttl: shared,
});

export const storeSection = z
  .discriminatedUnion('kind', [file, redis, dynamodb])
  .prefault({ kind: 'file' })
  .describe('Where lease, queue, recorded goal and journal are kept.');
