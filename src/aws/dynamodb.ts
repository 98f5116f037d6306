import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
  type AttributeValue,
  type DescribeTableCommandOutput,
  type GetItemCommandOutput,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../clock.ts';
import { messageOf, OperatorError } from '../errors.ts';
import type { Send, Session } from './session.ts';

/** What an attribute may be here. */
export type Value = string | number | Item;
export interface Item {
  readonly [name: string]: Value | undefined;
}

/** Expressions name attributes as `#name`, and values as `:name`. */
export interface Update {
  readonly update: string;
  readonly condition?: string;
  readonly values: Item;
  /** What `#name` stands for where that is not `name`. */
  readonly names?: Readonly<Record<string, string>>;
}

export interface DynamoDbOptions {
  readonly table: string;
  /** Names of the table's keys: which partition, and which record in it; both are strings. */
  readonly keys: readonly [partition: string, sort: string];
  /** The attribute with the time, in seconds since the epoch, after which DynamoDB may delete a record. */
  readonly expiry: string;
  /** How long one attempt may take. */
  readonly timeoutMs: number;
}

/** A table, and the few calls that a store makes to it. Errors are `OperatorError`s; `store-missing`: there is no such table. */
export class DynamoDb {
  readonly #client: DynamoDBClient;
  readonly #send: Send;
  readonly #options: DynamoDbOptions;
  readonly #clock: Clock;

  constructor(session: Session, options: DynamoDbOptions) {
    const { timeoutMs: requestTimeout } = options;
    const requestHandler = { connectionTimeout: 2000, requestTimeout, throwOnRequestTimeout: true };
    this.#client = new DynamoDBClient({ ...session.clientConfig(), requestHandler });
    const send = session.connect('dynamodb', this.#client);
    this.#send = async (command) =>
      send<never>(command).catch((error: unknown) => Promise.reject(this.#explain(error)));
    this.#options = options;
    this.#clock = session.options.clock;
  }

  close(): void {
    this.#client.destroy();
  }

  /** Strongly consistent. */
  async get(partition: string, sort: string): Promise<Item | undefined> {
    const ask = { TableName: this.#options.table, Key: this.#key(partition, sort), ConsistentRead: true };
    const { Item: found } = await this.#send<GetItemCommandOutput>(new GetItemCommand(ask));
    return found && itemOf(found);
  }

  /** Changes one record, or makes it; false when the condition does not hold. */
  async update(partition: string, sort: string, { update, condition, values, names = {} }: Update): Promise<boolean> {
    const text = `${update} ${condition ?? ''}`;
    const used = [...text.matchAll(/#(\w+)/g)].map(([name, plain = '']) => [name, names[name] ?? plain] as const);
    const command = new UpdateItemCommand({
      TableName: this.#options.table,
      Key: this.#key(partition, sort),
      UpdateExpression: update,
      ...(condition === undefined ? {} : { ConditionExpression: condition }),
      ExpressionAttributeNames: Object.fromEntries(used),
      ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: attributesOf(values) }),
    });
    try {
      await this.#send(command);
      return true;
    } catch (error) {
      if (causeOf(error) === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }

  /** Writes or overwrites a record. */
  async put(partition: string, sort: string, item: Item): Promise<void> {
    const whole = { ...this.#key(partition, sort), ...attributesOf(item) };
    await this.#send(new PutItemCommand({ TableName: this.#options.table, Item: whole }));
  }

  /** The last `limit` records of a partition whose sort keys begin with `prefix`, the last one first. */
  async last(partition: string, prefix: string, limit: number): Promise<readonly Item[]> {
    const [partitionKey, sortKey] = this.#options.keys;
    const items: Item[] = [];
    let from: Record<string, AttributeValue> | undefined;
    do {
      const page: QueryCommandOutput = await this.#send<QueryCommandOutput>(
        new QueryCommand({
          TableName: this.#options.table,
          KeyConditionExpression: '#p = :p AND begins_with(#s, :s)',
          ExpressionAttributeNames: { '#p': partitionKey, '#s': sortKey },
          ExpressionAttributeValues: { ':p': { S: partition }, ':s': { S: prefix } },
          ConsistentRead: true,
          ScanIndexForward: false,
          Limit: limit - items.length,
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        }),
      );
      items.push(...(page.Items ?? []).map(itemOf));
      from = page.LastEvaluatedKey;
    } while (from !== undefined && items.length < limit);
    return items;
  }

  /** Makes the table, with on-demand billing, and waits until it can be used; false when it is there already. */
  async create(): Promise<boolean> {
    const { table, keys, expiry } = this.#options;
    const [partition, sort] = keys;
    const isNew = await this.#unless('ResourceInUseException', () =>
      this.#send(
        new CreateTableCommand({
          TableName: table,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: keys.map((name) => ({ AttributeName: name, AttributeType: 'S' })),
          KeySchema: [
            { AttributeName: partition, KeyType: 'HASH' },
            { AttributeName: sort, KeyType: 'RANGE' },
          ],
        }),
      ),
    );
    await this.#untilActive();
    // Asked for again it is refused as what it is already; stand-ins for DynamoDB often lack it, and only keep more.
    const timeToLive = { TableName: table, TimeToLiveSpecification: { AttributeName: expiry, Enabled: true } };
    await this.#unless(/^(ValidationException|UnknownOperationException)$/, () =>
      this.#send(new UpdateTimeToLiveCommand(timeToLive)),
    );
    return isNew;
  }

  async #untilActive(): Promise<void> {
    const { table, keys } = this.#options;
    const until = this.#clock.monotonic() + CREATE_MS;
    for (;;) {
      const ask = new DescribeTableCommand({ TableName: table });
      const { Table } = await this.#send<DescribeTableCommandOutput>(ask);
      const names = Table?.KeySchema?.map(({ AttributeName }) => AttributeName);
      if (names !== undefined && names.join() !== keys.join()) throw foreign(table, keys);
      if (Table?.TableStatus === 'ACTIVE') return;
      if (this.#clock.monotonic() > until) throw slow(table, Table?.TableStatus ?? 'unknown');
      await this.#clock.sleep(POLL_MS);
    }
  }

  /** False when it failed with that error. */
  async #unless(name: string | RegExp, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (causeOf(error).search(name) === -1) throw error;
      return false;
    }
  }

  #key(partition: string, sort: string): Record<string, AttributeValue> {
    const [partitionKey, sortKey] = this.#options.keys;
    return { [partitionKey]: { S: partition }, [sortKey]: { S: sort } };
  }

  #explain(error: unknown): Error {
    if (causeOf(error) !== 'ResourceNotFoundException') return error as Error;
    return new OperatorError('store-missing', `DynamoDB knows no table ${this.#options.table} (${messageOf(error)})`, {
      next: ['`turnout store create` makes it. If it should be there: check store.table, the region and the account.'],
      cause: error,
    });
  }
}

/** DynamoDB makes a table within seconds; beyond that it says why in the console. */
const CREATE_MS = 120_000;
const POLL_MS = 500;

function foreign(table: string, keys: readonly string[]): OperatorError {
  return new OperatorError('store-foreign', `The table ${table} has other keys than ${keys.join(' and ')}.`, {
    next: ['Name another table with store.table in the config; `turnout store create` makes it.'],
  });
}

function slow(table: string, status: string): OperatorError {
  return new OperatorError('store-busy', `The table ${table} is ${status}, and cannot be used yet.`, {
    next: ['Look at it in the AWS console; `turnout store create` may be run again.'],
  });
}

/** The name that AWS gave to what went wrong. */
function causeOf(error: unknown): string {
  const { name } = (error instanceof OperatorError ? error.cause : error) as Partial<Error>;
  return name ?? '';
}

function itemOf(attributes: Record<string, AttributeValue>): Item {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, valueOf(value)]));
}

function valueOf({ S, N, M }: AttributeValue): Value | undefined {
  return S ?? (N === undefined ? undefined : Number(N)) ?? (M && itemOf(M));
}

function attributesOf(item: Item): Record<string, AttributeValue> {
  const known = Object.entries(item).filter((entry): entry is [string, Value] => entry[1] !== undefined);
  return Object.fromEntries(known.map(([name, value]) => [name, attributeOf(value)]));
}

function attributeOf(value: Value): AttributeValue {
  if (typeof value === 'string') return { S: value };
  return typeof value === 'number' ? { N: String(value) } : { M: attributesOf(value) };
}
