import { Session } from '../../src/aws/session.ts';
import { systemClock } from '../../src/clock.ts';
import { openDynamoDbStore, openTable } from '../../src/stores/dynamodb/index.ts';
import type { Store } from '../../src/stores/store.ts';

process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';

function sessionOf(endpoint: string): Session {
  return new Session({
    endpoint,
    region: 'eu-west-1',
    maxAttempts: 3,
    requestsPerSecond: 1000,
    version: '0',
    run: 'test',
    clock: systemClock,
    changes: 'retried',
    beforeChange: async () => undefined,
    onThrottled: () => undefined,
  });
}

/** Opens the DynamoDB store at `ENDPOINT#table`, for the contract and for its processes. */
export async function open(location: string, environment = 'shop'): Promise<Store> {
  const [endpoint = '', table = ''] = location.split('#');
  return openDynamoDbStore(sessionOf(endpoint), { environment, table, timeoutMs: 5000 });
}

/** Makes the table; false when it is there already. */
export async function create(location: string): Promise<boolean> {
  const [endpoint = '', table = ''] = location.split('#');
  const made = openTable(sessionOf(endpoint), { table, timeoutMs: 5000 });
  return made.create().finally(() => made.close());
}
