import type { Elbv2 } from '../aws/elbv2.ts';

/** What leads to target groups: each of these can be asked for only once the answer to the one before it is known. */
export type RouteReads = Pick<Elbv2, 'loadBalancers' | 'listeners' | 'rules' | 'tags'>;

/**
 * The readings of one look. What the look before had to read is asked for at once, instead of one after the other: seldom is
 * there another listener since. What turns out not to be needed any more is dropped.
 */
export class RepeatedReads implements RouteReads {
  readonly #elbv2: RouteReads;
  readonly #made = new Map<string, Promise<unknown>>();
  readonly #needed = new Map<string, () => Promise<unknown>>();

  constructor(elbv2: RouteReads, before?: RepeatedReads) {
    this.#elbv2 = elbv2;
    for (const [key, read] of before === undefined ? [] : before.#needed) {
      const made = read();
      // Whoever needs it is told.
      made.catch(() => undefined);
      this.#made.set(key, made);
    }
  }

  async loadBalancers(arns: readonly string[]): ReturnType<RouteReads['loadBalancers']> {
    return this.#once(`load balancers ${arns.join(' ')}`, async () => this.#elbv2.loadBalancers(arns));
  }

  async listeners(arn: string): ReturnType<RouteReads['listeners']> {
    return this.#once(`listeners ${arn}`, async () => this.#elbv2.listeners(arn));
  }

  async rules(arn: string): ReturnType<RouteReads['rules']> {
    return this.#once(`rules ${arn}`, async () => this.#elbv2.rules(arn));
  }

  async tags(arns: readonly string[]): ReturnType<RouteReads['tags']> {
    return this.#once(`tags ${arns.join(' ')}`, async () => this.#elbv2.tags(arns));
  }

  async #once<T>(key: string, read: () => Promise<T>): Promise<T> {
    const made = (this.#made.get(key) as Promise<T> | undefined) ?? read();
    this.#made.set(key, made);
    this.#needed.set(key, read);
    return made;
  }
}
