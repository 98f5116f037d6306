import type { Filter } from '@aws-sdk/client-ec2';
import { glob } from '../glob.ts';
import { ApiError } from '../service.ts';
import { ec2Error } from './errors.ts';
import type { TagMap } from './tags.ts';
import { ownValue } from '../records.ts';

/** The values that each filter compares, by filter name: one, several, or none. */
export type FilterTable<T> = Readonly<Record<string, (item: T) => string | undefined | readonly string[]>>;

const VALUES_MAX = 200;

/**
 * The items that match all filters: an item matches a filter if it matches any of its values, with wildcards (EC2 API, Filter).
 * `tag:<key>` and `tag-key` are supported if `tagsOf` is given. Throws for a filter that is not in the table.
 */
export function filtered<T>(
  items: readonly T[],
  filters: readonly Filter[] | undefined,
  table: FilterTable<T>,
  tagsOf?: (item: T) => TagMap,
): readonly T[] {
  const tests = (filters ?? []).map((filter) => testOf(filter, table, tagsOf));
  return tests.length === 0 ? items : items.filter((item) => tests.every((test) => test(item)));
}

function testOf<T>(filter: Filter, table: FilterTable<T>, tagsOf?: (item: T) => TagMap): (item: T) => boolean {
  const name = filter.Name ?? '';
  const values = filter.Values ?? [];
  if (values.length === 0) throw ec2Error.invalid(`The filter '${name}' must have at least one value`);
  if (values.length > VALUES_MAX) {
    throw new ApiError(
      'FilterLimitExceeded',
      `The maximum number of filter values specified on a single call is ${VALUES_MAX}`,
    );
  }
  const read = readerOf(name, table, tagsOf);
  if (!read) throw ec2Error.invalid(`The filter '${name}' is invalid`);
  const tests = values.map(glob);
  return (item) => [read(item) ?? []].flat().some((value) => tests.some((test) => test(value)));
}

function readerOf<T>(
  name: string,
  table: FilterTable<T>,
  tagsOf?: (item: T) => TagMap,
): FilterTable<T>[string] | undefined {
  if (tagsOf && name.startsWith('tag:')) return (item) => ownValue(tagsOf(item), name.slice('tag:'.length));
  if (tagsOf && name === 'tag-key') return (item) => Object.keys(tagsOf(item));
  return ownValue(table, name);
}
