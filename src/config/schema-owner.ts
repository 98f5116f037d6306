import * as z from 'zod';
import { endpoint, inMs, listOf, region, text, timeLimit } from './values.ts';

const WORDS = 'a list of a program and its arguments, such as [./owner.sh, read]';
const run = listOf(text(WORDS, /^[\s\S]*$/), WORDS, WORDS);
const attribute = text('the name of an attribute (at most 255 characters)', /^\S{1,255}$/);
const KEY = 'a map of the partition key, and of the sort key where the table has one, such as { id: work }';

const item = z
  .strictObject({
    table: text('the name of a table (3 to 255 letters, digits and _ . -)', /^[\w.-]{3,255}$/).describe(
      'Name of the table.',
    ),
    key: z
      .record(attribute, z.union([z.string().min(1), z.number()], { error: 'text or a number' }), { error: KEY })
      .refine((key) => [1, 2].includes(Object.keys(key).length), { error: KEY })
      .describe('Key of the item, by the names of its attributes. The item has to exist.'),
    owner: attribute
      .default('owner')
      .describe('Attribute that names the owner, a release, as a string. It is absent while there is no owner.'),
    epoch: attribute.default('epoch').describe('Attribute with the epoch, as a number that only grows.'),
    region: region.exactOptional().describe('Region of the table. Default: that of the environment.'),
    profile: text('the name of a profile')
      .exactOptional()
      .describe('Profile with access to the table. Default: that of the environment.'),
    endpoint: endpoint.exactOptional().describe('Endpoint URL of DynamoDB. Default: that of the environment, or AWS.'),
  })
  .describe('Instead of read and set: an item of a DynamoDB table, changed by conditional writes.');

const KINDS = 'read and set, or dynamodb';

export const ownerSection = z
  .strictObject({
    dynamodb: item.exactOptional(),
    read: run
      .exactOptional()
      .describe('Prints the owner as its last line: {"owner": "42", "epoch": 7}. Without an owner, null.'),
    set: run
      .exactOptional()
      .describe(
        'Sets the owner to TURNOUT_OWNER (empty: no owner) and the epoch to TURNOUT_FENCE, in one statement, if they still are TURNOUT_OWNER_BEFORE and TURNOUT_FENCE_BEFORE. Fails otherwise.',
      ),
    idle: run.describe('Ends with 0 once no work of the release TURNOUT_IDLE is under way, and with 1 before.'),
    readTimeout: timeLimit.prefault('5s').describe('Timeout of read, or of one request to DynamoDB.'),
    timeout: timeLimit.prefault('10s').describe('Timeout of set, and of one call of idle.'),
  })
  .transform(inMs('readTimeout', 'timeout'))
  .transform(({ dynamodb, read, set, ...rest }, context) => {
    if (dynamodb !== undefined && read === undefined && set === undefined)
      return { kind: 'dynamodb' as const, ...dynamodb, ...rest };
    if (dynamodb === undefined && read !== undefined && set !== undefined)
      return { kind: 'command' as const, read, set, ...rest };
    context.addIssue({ code: 'custom', message: KINDS });
    return z.NEVER;
  })
  .describe(
    'Work that must not run twice, such as queues and schedulers: a row or item that says who takes it, which a switch hands over. Owners are releases.',
  );
