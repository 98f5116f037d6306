import * as sdk from '@aws-sdk/client-dynamodb';
import { attributeOf, awsErrorName, valueOf, type Value } from './dynamodb.ts';
import { OperatorError } from '../errors.ts';
import type { Send, Session } from './session.ts';

/** One item of a table of the operator's. */
export interface ItemOptions {
  readonly table: string;
  /** By the names of the key's attributes. */
  readonly key: Readonly<Record<string, string | number>>;
  /** Timeout of one attempt. */
  readonly timeoutMs: number;
}

/** Undefined: of another type. */
export type ItemValue = Value | undefined;

/** What has to be so for a change, and what is then so. An attribute that is undefined is not there. */
export interface Swap {
  readonly from: Readonly<Record<string, ItemValue>>;
  readonly to: Readonly<Record<string, ItemValue>>;
}

/** The requests on one item. Errors are `OperatorError`s; `owner-table` means that the table does not exist. */
export class DynamoDbItem {
  readonly #send: Send;
  readonly #input: { readonly TableName: string; readonly Key: Record<string, sdk.AttributeValue> };

  constructor(session: Session, { table, key, timeoutMs: requestTimeout }: ItemOptions) {
    const requestHandler = { connectionTimeout: 2000, requestTimeout, throwOnRequestTimeout: true };
    const client = new sdk.DynamoDBClient({ ...session.clientConfig(), requestHandler });
    this.#send = session.connect('dynamodb', client, (error) => explain(table, error));
    this.#input = { TableName: table, Key: attributesOf(key) };
  }

  /** A strongly consistent read. */
  async get(): Promise<Readonly<Record<string, ItemValue>> | undefined> {
    const { Item } = await this.#send(new sdk.GetItemCommand({ ...this.#input, ConsistentRead: true }));
    return Item && Object.fromEntries(Object.entries(Item).map(([name, value]) => [name, valueOf(value)]));
  }

  /** One conditional write; false where the item is not as it was before. It never creates one. */
  async swap({ from, to }: Swap): Promise<boolean> {
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    const name = (one: string): string => `#a${names.indexOf(one)}`;
    const holds = Object.entries(from).map(([one, value]) =>
      value === undefined ? `attribute_not_exists(${name(one)})` : `${name(one)} = :f${names.indexOf(one)}`,
    );
    const set = Object.entries(to).flatMap(([one, value]) =>
      value === undefined ? [] : [`${name(one)} = :t${names.indexOf(one)}`],
    );
    const remove = Object.entries(to).flatMap(([one, value]) => (value === undefined ? [name(one)] : []));
    const values = [...valuesOf('f', from, names), ...valuesOf('t', to, names)];
    const command = new sdk.UpdateItemCommand({
      ...this.#input,
      ConditionExpression: holds.join(' AND '),
      UpdateExpression: [
        ...(set.length > 0 ? [`SET ${set.join(', ')}`] : []),
        ...(remove.length > 0 ? [`REMOVE ${remove.join(', ')}`] : []),
      ].join(' '),
      ExpressionAttributeNames: Object.fromEntries(names.map((one) => [name(one), one])),
      ExpressionAttributeValues: Object.fromEntries(values),
    });
    try {
      await this.#send(command);
      return true;
    } catch (error) {
      if (awsErrorName(error) === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }
}

function valuesOf(prefix: string, all: Swap['from'], names: readonly string[]): [string, sdk.AttributeValue][] {
  return Object.entries(all).flatMap(([name, value]): [string, sdk.AttributeValue][] =>
    value === undefined ? [] : [[`:${prefix}${names.indexOf(name)}`, attributeOf(value)]],
  );
}

function attributesOf(key: ItemOptions['key']): Record<string, sdk.AttributeValue> {
  return Object.fromEntries(Object.entries(key).map(([name, value]) => [name, attributeOf(value)]));
}

function explain(table: string, error: OperatorError): OperatorError {
  if (awsErrorName(error) !== 'ResourceNotFoundException') return error;
  return new OperatorError('owner-table', `There is no DynamoDB table ${table} (${error.message}).`, {
    next: ['Correct `owner.dynamodb` in the config: table, region and account.'],
    cause: error,
  });
}
