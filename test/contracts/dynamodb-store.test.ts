import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDynalite } from '../support/dynalite.ts';
import { create, open } from '../support/dynamodb-store-opener.ts';
import { storeContract } from './store.contract.ts';

let dynamodb: Awaited<ReturnType<typeof startDynalite>>;
let count = 0;

beforeAll(async () => {
  dynamodb = await startDynalite();
});
afterAll(() => dynamodb[Symbol.asyncDispose]());

async function fresh(): Promise<string> {
  const location = `${dynamodb.url}#table-${++count}`;
  await create(location);
  return location;
}

storeContract('DynamoDB', { opener: new URL('../support/dynamodb-store-opener.ts', import.meta.url), fresh });

it('says what kind of store it is', async () => {
  const store = await open(await fresh());
  expect(store.kind).toBe('dynamodb');
  await store.close();
});

it('says what to do where there is no table', async () => {
  const store = await open(`${dynamodb.url}#nowhere`);
  await expect(store.held()).rejects.toMatchObject({
    code: 'store-missing',
    message: expect.stringContaining('nowhere'),
    next: [expect.stringContaining('turnout store create')],
  });
  await store.close();
});

it('makes its table once', async () => {
  const location = `${dynamodb.url}#made`;
  expect(await create(location)).toBe(true);
  expect(await create(location)).toBe(false);
});
