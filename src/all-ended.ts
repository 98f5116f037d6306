/**
 * All of them, like `Promise.all`; where one fails, only once each has ended: whoever repeats a look that failed must not ask for
 * what it is still being told.
 */
export async function allEnded<T extends readonly unknown[] | []>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
