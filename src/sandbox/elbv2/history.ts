/** Values by key as they were at any moment not too long ago: what lets a describe show the past. */
export class History<T> {
  readonly #entries = new Map<string, { at: number; value: T | undefined }[]>();

  /** `undefined` says that the key is gone. What was replaced before `keepSince` is forgotten. */
  set(key: string, value: T | undefined, at: number, keepSince: number): void {
    const past = this.#entries.get(key) ?? [];
    past.push({ at, value });
    // The last one that was so at `keepSince` is still needed.
    while (past.length > 1 && (past[1]?.at ?? 0) <= keepSince) past.shift();
    if (past.length === 1 && value === undefined) this.#entries.delete(key);
    else this.#entries.set(key, past);
  }

  /** The key's value as it was at `time`. */
  at(key: string, time: number): T | undefined {
    return this.#entries.get(key)?.findLast((entry) => entry.at <= time)?.value;
  }

  /** All values as they were at `time`, in the order in which their keys came. */
  all(time: number): T[] {
    for (const [key, past] of this.#entries) {
      const last = past.at(-1);
      if (last && last.value === undefined && last.at <= time) this.#entries.delete(key);
    }
    return [...this.#entries.keys()].map((key) => this.at(key, time)).filter((value) => value !== undefined);
  }
}
