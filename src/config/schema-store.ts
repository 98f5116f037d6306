import * as z from 'zod';
import { parseRedisUrl, REDIS_URL } from './redis-url.ts';
import { endpoint, inMs, timeLimit, region, text } from './values.ts';

const TTL = 'Time to live of a lease: without a renewal for this long it expires, and other runs can acquire it.';

/** Renewals go over a network: with a shorter time to live a brief delay would end a run. */
const shared = timeLimit
  .refine((ms) => ms >= 1000, { error: 'a duration of 1s or more' })
  .prefault('60s')
  .describe(TTL);

const file = z
  .strictObject({
    kind: z
      .literal('file')
      .describe('A SQLite file on this machine. For runs on a single machine; not for network file systems.'),
    path: text('the path of a file')
      .exactOptional()
      .describe(
        'Path of the file, relative to the folder of this config file. Default: .turnout/ENVIRONMENT.db in the folder of this config file, or in its parent if the folder is named config.',
      ),
    inCi: z
      .boolean({ error: 'true or false' })
      .exactOptional()
      .describe('All CI jobs run on one machine and keep the file. Otherwise tasks are refused in CI with this store.'),
    ttl: timeLimit.prefault('60s').describe(TTL),
  })
  .transform(inMs('ttl'));

const redis = z
  .strictObject({
    kind: z.literal('redis').describe('A Redis (5 or newer) or Valkey server, for any number of machines.'),
    url: text(REDIS_URL, /^(?:(?:redis|valkey)s?(?:\+(?:sentinel|cluster))?|unix):\/\//)
      .transform((url, context) => {
        const server = parseRedisUrl(url);
        if (server !== undefined) return server;
        context.addIssue({ code: 'custom', message: REDIS_URL });
        return z.NEVER;
      })
      .describe(
        'URL of the server: redis:// (rediss:// with TLS), redis+sentinel://, redis+cluster:// or unix://. Use a variable, for example ${REDIS_URL}, since it contains a password.',
      ),
    prefix: text('letters, digits and . _ : - / (at most 64)', /^[\w.:/-]{1,64}$/)
      .default('turnout')
      .describe('Prefix of all keys. Use a different one for each AWS account that shares the server.'),
    ttl: shared,
  })
  .transform(({ url: server, ttl: ttlMs, ...rest }) => ({ ...rest, server, ttlMs }));

const dynamodb = z
  .strictObject({
    kind: z
      .literal('dynamodb')
      .describe('A DynamoDB table, for any number of machines. `turnout store create` creates it.'),
    table: text('the name of a table (3 to 255 letters, digits and _ . -)', /^[\w.-]{3,255}$/)
      .default('turnout')
      .describe('Name of the table. Environments may share a table.'),
    region: region.exactOptional().describe('Region of the table. Default: that of the environment.'),
    profile: text('the name of a profile')
      .exactOptional()
      .describe('Profile with access to the table. Default: that of the environment.'),
    endpoint: endpoint.exactOptional().describe('Endpoint URL of DynamoDB. Default: that of the environment, or AWS.'),
    ttl: shared,
  })
  .transform(inMs('ttl'));

export const storeSection = z
  .discriminatedUnion('kind', [file, redis, dynamodb])
  .prefault({ kind: 'file' })
  .describe('Where the lease, the queue, the recorded goal and the journal are stored.');
