import { DynamoDBClient, CreateTableCommand, DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { DynamoDbItem } from '../../src/aws/dynamodb-item.ts';
import { systemClock } from '../../src/clock.ts';
import { createGuardian } from '../../src/programs/guardian.ts';
import { openWork } from '../../src/work-owner/index.ts';
import { openSession } from '../support/aws.ts';
import { startDynalite } from '../support/dynalite.ts';
import { IDLE, workOwners, type OpenRecord } from './work.contract.ts';

const TIMES = { readTimeoutMs: 10_000, timeoutMs: 10_000 } as const;
const allowed = async (): Promise<void> => {};

function toolsIn(folder: string) {
  const guardian = createGuardian(1000);
  onTestFinished(() => guardian.close());
  return { clock: systemClock, guardian, folder, variables: () => ({ TURNOUT_RUN: 'run-7' }) };
}

/** As docs/work.md advises: one statement, and nothing is set where it finds no row. */
const SQL = `
  const { DatabaseSync } = require('node:sqlite');
  const { env, argv } = process;
  const db = new DatabaseSync('work.db');
  db.exec('PRAGMA busy_timeout = 5000');
  if (argv[2] === 'read') {
    const row = db.prepare('SELECT owner, epoch FROM work').get();
    if (row === undefined) process.exit(1);
    console.log(JSON.stringify(row));
  } else {
    const { changes } = db
      .prepare("UPDATE work SET owner = nullif(?, ''), epoch = ? WHERE epoch = ? AND ifnull(owner, '') = ?")
      .run(env.TURNOUT_OWNER, env.TURNOUT_FENCE, env.TURNOUT_FENCE_BEFORE, env.TURNOUT_OWNER_BEFORE);
    process.exit(changes === 1 ? 0 : 1);
  }`;

async function bySql(): Promise<OpenRecord> {
  const folder = mkdtempSync(path.join(tmpdir(), 'turnout-sql-'));
  const db = new DatabaseSync(path.join(folder, 'work.db'));
  onTestFinished(() => db.close());
  db.exec("CREATE TABLE work (owner TEXT, epoch INTEGER NOT NULL); INSERT INTO work VALUES ('41', 7)");
  writeFileSync(path.join(folder, 'owner.cjs'), SQL);
  writeFileSync(path.join(folder, 'idle.cjs'), IDLE);
  const words = (file: string, what: string) => [process.execPath, '--no-warnings', file, what];
  const run = { read: words('owner.cjs', 'read'), set: words('owner.cjs', 'set'), idle: words('idle.cjs', 'idle') };
  const tools = toolsIn(folder);
  return {
    open: (beforeChange = allowed) =>
      openWork({ kind: 'command', ...run, ...TIMES }, openSession('http://127.0.0.1:1'), { ...tools, beforeChange }),
    overwrite: async (row) => {
      db.exec('DELETE FROM work');
      if (row !== null) db.prepare('INSERT INTO work VALUES (?, ?)').run(row.owner, row.epoch);
    },
  };
}

describe('by programs and SQL', () => {
  workOwners(bySql);
});

describe('in DynamoDB', () => {
  let server: Awaited<ReturnType<typeof startDynalite>>;
  let client: DynamoDBClient;
  let keys = 0;
  const TABLE = 'shop-work';

  beforeAll(async () => {
    server = await startDynalite();
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    client = new DynamoDBClient({ endpoint: server.url, region: 'eu-west-1', credentials });
    await client.send(
      new CreateTableCommand({
        TableName: TABLE,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'id', AttributeType: 'S' },
          { AttributeName: 'shard', AttributeType: 'N' },
        ],
        KeySchema: [
          { AttributeName: 'id', KeyType: 'HASH' },
          { AttributeName: 'shard', KeyType: 'RANGE' },
        ],
      }),
    );
  });
  afterAll(async () => {
    client.destroy();
    await server[Symbol.asyncDispose]();
  });

  async function byItem(more: object = {}): Promise<OpenRecord & { readonly put: (item: object) => Promise<void> }> {
    const shard = (keys += 1);
    const Key = { id: { S: 'work' }, shard: { N: String(shard) } };
    const put = async (item: object): Promise<void> => {
      await client.send(new PutItemCommand({ TableName: TABLE, Item: { ...Key, ...item } }));
    };
    // Words that DynamoDB reserves, and what else is in the item, are left alone.
    const overwrite: OpenRecord['overwrite'] = async (row) => {
      if (row === null) await client.send(new DeleteItemCommand({ TableName: TABLE, Key }));
      else
        await put({
          value: { N: String(row.epoch) },
          note: { S: 'kept' },
          ...(row.owner && { owner: { S: row.owner } }),
        });
    };
    await overwrite({ owner: '41', epoch: 7 });
    const folder = mkdtempSync(path.join(tmpdir(), 'turnout-item-'));
    writeFileSync(path.join(folder, 'idle.cjs'), IDLE);
    const tools = toolsIn(folder);
    const idle = [process.execPath, 'idle.cjs'];
    const item = { table: TABLE, key: { id: 'work', shard }, owner: 'owner', epoch: 'value', ...more };
    return {
      put,
      overwrite,
      open: (beforeChange = allowed) =>
        openWork(
          { kind: 'dynamodb', ...item, endpoint: server.url, idle, ...TIMES },
          openSession('http://127.0.0.1:1', { region: 'eu-west-1', beforeChange }),
          { ...tools, beforeChange },
        ),
    };
  }

  workOwners(byItem);

  test('an item that is not understood, and a table that is not there, are unreadable', async () => {
    const { open, put } = await byItem();
    await put({ owner: { S: '41' }, value: { S: 'seven' } });
    expect(await open().read()).toMatchObject({
      state: 'unreadable',
      why: expect.stringContaining('needs value, a number'),
    });
    // Nobody is an item without the attribute: a condition could not compare anything else.
    await put({ owner: { NULL: true }, value: { N: '7' } });
    expect(await open().read()).toMatchObject({ state: 'unreadable' });
    const { open: elsewhere } = await byItem({ table: 'gone' });
    expect(await elsewhere().read()).toMatchObject({ why: expect.stringContaining('no DynamoDB table gone') });
    const item = new DynamoDbItem(openSession(server.url), { table: 'gone', key: { id: 'work' }, timeoutMs: 5000 });
    const swapping = item.swap({ from: { epoch: 1 }, to: { epoch: 2 } });
    await expect(swapping).rejects.toMatchObject({
      code: 'owner-table',
      next: [expect.stringContaining('owner.dynamodb')],
    });
  });
});
