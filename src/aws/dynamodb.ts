import * as sdk from '@aws-sdk/client-dynamodb';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../clock.ts';
import { OperatorError } from '../errors.ts';
import type { Send, Session } from './session.ts';

/** Attribute types that the store uses. */
export type Value = string | number | Item;
export interface Item {
  readonly [name: string]: Value | undefined;
}

/** Expressions name attributes as `#name`, and values as `:name`. */
export interface Update {
  readonly update: string;
  readonly condition?: string;
  readonly values: Item;
  /** Attribute names for those `#name` that differ from `name`. */
  readonly names?: Readonly<Record<string, string>>;
}

export interface DynamoDbOptions {
  readonly table: string;
  /** Names of the partition key and of the sort key; both are strings. */
  readonly keys: readonly [partition: string, sort: string];
  /** The TTL attribute: seconds since the epoch after which DynamoDB may delete the item. */
  readonly expiry: string;
  /** Timeout of one attempt. */
  readonly timeoutMs: number;
}

/** One table and the requests that a store sends to it. Errors are `OperatorError`s; `store-missing` means that the table does not exist. */
export class DynamoDb {
  readonly #client: sdk.DynamoDBClient;
  readonly #send: Send;
  readonly #options: DynamoDbOptions;
  readonly #clock: Clock;

  constructor(session: Session, options: DynamoDbOptions) {
    const { timeoutMs: requestTimeout } = options;
    const requestHandler = { connectionTimeout: 2000, requestTimeout, throwOnRequestTimeout: true };
    this.#client = new sdk.DynamoDBClient({ ...session.clientConfig(), requestHandler });
    this.#send = session.connect('dynamodb', this.#client, (error) => this.#explain(error));
    this.#options = options;
    this.#clock = session.options.clock;
  }

  close(): void {
    this.#client.destroy();
  }

  /** A strongly consistent read. */
  async get(partition: string, sort: string): Promise<Item | undefined> {
    const input = { TableName: this.#options.table, Key: this.#key(partition, sort), ConsistentRead: true };
    const { Item: found } = await this.#send(new sdk.GetItemCommand(input));
    return found && itemOf(found);
  }

  /** Updates or creates an item; false when the condition does not hold. */
  async update(partition: string, sort: string, { update, condition, values, names = {} }: Update): Promise<boolean> {
    const text = `${update} ${condition ?? ''}`;
    const used = [...text.matchAll(/#(\w+)/g)].map(([name, plain = '']) => [name, names[name] ?? plain] as const);
    const command = new sdk.UpdateItemCommand({
      TableName: this.#options.table,
      Key: this.#key(partition, sort),
      UpdateExpression: update,
      ConditionExpression: condition,
      ExpressionAttributeNames: Object.fromEntries(used),
      ExpressionAttributeValues: Object.keys(values).length === 0 ? undefined : attributesOf(values),
    });
    return succeeds('ConditionalCheckFailedException', this.#send(command));
  }

  /** Creates or overwrites an item. */
  async put(partition: string, sort: string, item: Item): Promise<void> {
    const whole = { ...this.#key(partition, sort), ...attributesOf(item) };
    await this.#send(new sdk.PutItemCommand({ TableName: this.#options.table, Item: whole }));
  }

  /** The last `limit` items of a partition whose sort keys begin with `prefix`, in descending order. */
  async last(partition: string, prefix: string, limit: number): Promise<readonly Item[]> {
    const [partitionKey, sortKey] = this.#options.keys;
    const items: Item[] = [];
    let from: Record<string, AttributeValue> | undefined;
    do {
      const page: sdk.QueryCommandOutput = await this.#send(
        new sdk.QueryCommand({
          TableName: this.#options.table,
          KeyConditionExpression: '#p = :p AND begins_with(#s, :s)',
          ExpressionAttributeNames: { '#p': partitionKey, '#s': sortKey },
          ExpressionAttributeValues: { ':p': { S: partition }, ':s': { S: prefix } },
          ConsistentRead: true,
          ScanIndexForward: false,
          Limit: limit - items.length,
          ExclusiveStartKey: from,
        }),
      );
      items.push(...(page.Items ?? []).map(itemOf));
      from = page.LastEvaluatedKey;
    } while (from !== undefined && items.length < limit);
    return items;
  }

  /** Creates the table with on-demand billing and waits until it is active; false when it already exists. */
  async create(): Promise<boolean> {
    const { table, keys, expiry } = this.#options;
    const [partition, sort] = keys;
    const request = new sdk.CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((name) => ({ AttributeName: name, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: partition, KeyType: 'HASH' },
        { AttributeName: sort, KeyType: 'RANGE' },
      ],
    });
    const isNew = await succeeds('ResourceInUseException', this.#send(request));
    await this.#untilActive();
    // Refused when TTL is on already. Emulators of DynamoDB often lack it; then items are never deleted.
    const timeToLive = { TableName: table, TimeToLiveSpecification: { AttributeName: expiry, Enabled: true } };
    const refusal = /^(ValidationException|UnknownOperationException)$/;
    await succeeds(refusal, this.#send(new sdk.UpdateTimeToLiveCommand(timeToLive)));
    return isNew;
  }

  async #untilActive(): Promise<void> {
    const { table, keys } = this.#options;
    const until = this.#clock.monotonic() + CREATE_MS;
    for (;;) {
      const { Table } = await this.#send(new sdk.DescribeTableCommand({ TableName: table }));
      const names = Table?.KeySchema?.map(({ AttributeName }) => AttributeName);
      if (names !== undefined && names.join() !== keys.join())
        throw new OperatorError('store-foreign', `The table ${table} does not have the keys ${keys.join(' and ')}.`, {
          next: ['Set store.table in the config to another table; `turnout store create` creates it.'],
        });
      if (Table?.TableStatus === 'ACTIVE') return;
      const status = Table?.TableStatus ?? 'unknown';
      if (this.#clock.monotonic() > until)
        throw new OperatorError('store-busy', `The table ${table} is not active yet (status ${status}).`, {
          next: ['Check the table in the AWS console, then run `turnout store create` again.'],
        });
      await this.#clock.sleep(POLL_MS);
    }
  }

  #key(partition: string, sort: string): Record<string, AttributeValue> {
    const [partitionKey, sortKey] = this.#options.keys;
    return { [partitionKey]: { S: partition }, [sortKey]: { S: sort } };
  }

  #explain(error: OperatorError): OperatorError {
    if (awsErrorName(error) !== 'ResourceNotFoundException') return error;
    const message = `There is no DynamoDB table ${this.#options.table} (${error.message}).`;
    return new OperatorError('store-missing', message, {
      next: ['`turnout store create` creates it. If it should exist, check store.table, the region and the account.'],
      cause: error,
    });
  }
}

/** Creating a table usually takes seconds. */
const CREATE_MS = 120_000;
const POLL_MS = 500;

/** False when the request fails with the named error. Other errors are thrown. */
async function succeeds(name: string | RegExp, request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (awsErrorName(error).search(name) === -1) throw error;
    return false;
  }
}

/** The name of the error that AWS returned. */
export function awsErrorName(error: unknown): string {
  const { name } = (error instanceof OperatorError ? error.cause : error) as Partial<Error>;
  return name ?? '';
}

function itemOf(attributes: Record<string, AttributeValue>): Item {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, valueOf(value)]));
}

export function valueOf({ S, N, M }: AttributeValue): Value | undefined {
  return S ?? (N === undefined ? undefined : Number(N)) ?? (M && itemOf(M));
}

function attributesOf(item: Item): Record<string, AttributeValue> {
  const known = Object.entries(item).filter((entry): entry is [string, Value] => entry[1] !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [name, attributeOf(value)]));
}

export function attributeOf(value: Value): AttributeValue {
  if (typeof value === 'string') return { S: value };
  return typeof value === 'number' ? { N: String(value) } : { M: attributesOf(value) };
}
