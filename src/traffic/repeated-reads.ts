import type { Elbv2 } from '../aws/elbv2.ts';

const METHODS = ['allTargetGroups', 'loadBalancers', 'listeners', 'rules', 'tags', 'targetHealth'] as const;
type Method = (typeof METHODS)[number];

/** What it is looked with for what leads to target groups. */
export type RouteReads = Pick<Elbv2, Method>;

/**
 * The reads of one look after the other. Each needs what the one before it has found; but that is nearly always what the last look
 * has found, so all of its reads are made again when the next one begins, at the same time and in the same order. Nothing is used that is older than the
 * look; an answer that is not needed any more is dropped.
 */
export class RepeatedReads {
  readonly #elbv2: RouteReads;
  /** What was needed in this look or, before it begins, in the last one. */
  #needed = new Map<string, () => Promise<unknown>>();

  constructor(elbv2: RouteReads) {
    this.#elbv2 = elbv2;
  }

  /** @param use makes the reads of one look; when this has ended, all of them have */
  async look<T>(use: (reads: RouteReads) => Promise<T>): Promise<T> {
    const early = [...this.#needed].map(([key, read]) => [key, read()] as const);
    const ended = Promise.allSettled(early.map(([, answer]) => answer));
    const made = new Map(early);
    this.#needed = new Map();
    const reading = (method: Method) => async (asked?: never) => {
      const key = keyOf(method, asked);
      const read = async (): Promise<unknown> => this.#elbv2[method](asked as never);
      this.#needed.set(key, read);
      const answer = made.get(key) ?? read();
      made.set(key, answer);
      return answer;
    };
    try {
      return await use(Object.fromEntries(METHODS.map((one) => [one, reading(one)])) as unknown as RouteReads);
    } finally {
      await ended;
    }
  }

  /** From now on it is read by others, so the next look does not begin with it. */
  forget<M extends Method>(method: M, asked: Parameters<RouteReads[M]>[0]): void {
    this.#needed.delete(keyOf(method, asked));
  }
}

function keyOf(method: Method, asked: unknown): string {
  return `${method} ${JSON.stringify(asked)}`;
}
