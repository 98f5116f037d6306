type MayBeMissing<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];

/** An object whose properties are there only where they have a value. */
type Defined<T> = Omit<T, MayBeMissing<T>> & { [K in MayBeMissing<T>]?: Exclude<T[K], undefined> };

/** The object without those of its properties that are undefined. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as unknown as Defined<T>;
}
