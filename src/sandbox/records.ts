/** The value of a record's own key; an inherited one such as `constructor` does not count. */
export function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The record without the keys whose value is undefined. */
export function withoutUndefined<T extends object>(record: T): Defined<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Defined<T>;
}
