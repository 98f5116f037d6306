import type { Clock } from '../clock.ts';
import { isThrottling, translate } from './errors.ts';
import { Limiter } from './limiter.ts';

/** By service, as its IAM actions begin: `ec2`, `elasticloadbalancing`. */
export type Rates = Readonly<Record<string, number>> & { readonly others: number };

export interface SessionOptions {
  /** Where given in the config; otherwise the SDK's own chain decides (environment, profile, instance role). */
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
  /** Of reads, and of changes where these are `retried`. */
  readonly maxAttempts: number;
  /** `once`: a change that failed is not repeated here, since the world must be read again before it is. */
  readonly changes: 'once' | 'retried';
  /** Reads of each service, and as many changes, beyond a short burst; or by service, with `others` for those that are not named. */
  readonly requestsPerSecond: number | Rates;
  /** Of turnout, for the user agent. */
  readonly version: string;
  /** Id of the run: in the user agent, so that CloudTrail tells which run did what. */
  readonly run: string;
  readonly clock: Clock;
  /** Called directly before each request that changes something; rejects when it must not be sent. */
  readonly beforeChange: () => Promise<void>;
  /** The fencing number of the lease that is held: in the user agent, so that of two writers one can tell the stale one. */
  readonly fence?: () => number | undefined;
  readonly onThrottled: (operation: string) => void;
}

/** @param operation such as `ec2:DescribeInstances` */
function isChange(operation: string): boolean {
  return !/:(Describe|Get|List)/.test(operation);
}

/** The error of a change: the SDK sees nothing in it that it would retry. */
class SentOnce extends Error {
  constructor(cause: unknown) {
    super('a change that failed', { cause });
  }
}

type Next = (args: object) => Promise<unknown>;

interface Client {
  send(command: object): Promise<unknown>;
  middlewareStack: {
    add(middleware: (next: Next, context: { commandName?: string }) => Next, options: object): void;
  };
}

/** Sends a command of one service; rejects with `OperatorError`s. */
export type Send = <Output>(command: object) => Promise<Output>;

/** ELB's bucket for reads holds 40 tokens (aws-reference 1.7); half of it leaves room for everybody else. */
const BURST = 20;

/** Of its account Route 53 counts everything together (aws-reference 2); the other services have buckets of their own for changes. */
const COUNTED_TOGETHER: ReadonlySet<string> = new Set(['route53']);

const quiet = (): void => {};

/** Has no `info`, for which the SDK would copy each answer, whether anybody wants to read it or not. */
const LOGGER = { trace: quiet, debug: quiet, warn: (text: unknown) => process.emitWarning(String(text)), error: quiet };

/** One program's connection to AWS: options, limits and the count of requests that all services share. */
export class Session {
  readonly options: SessionOptions;
  /** Requests sent, retries included. */
  requests = 0;
  /** Of those, the ones that change something. */
  changes = 0;
  /** Why `beforeChange` did not let a request through: thrown on as it is, since AWS never saw that request. */
  #refusal: unknown;

  constructor(options: SessionOptions) {
    this.options = options;
  }

  /** What every client is constructed with. */
  clientConfig(): object {
    const { region, profile, endpoint, maxAttempts, version, run } = this.options;
    return {
      ...(region === undefined ? {} : { region }),
      ...(profile === undefined ? {} : { profile }),
      ...(endpoint === undefined ? {} : { endpoint }),
      maxAttempts,
      logger: LOGGER,
      customUserAgent: [
        ['turnout', version],
        ['run', run],
      ],
      requestHandler: { connectionTimeout: 3000, requestTimeout: 15_000, throwOnRequestTimeout: true },
    };
  }

  /** Puts our checks in front of each attempt, translates what is thrown, and returns the client's `send`. */
  connect(service: string, client: unknown): Send {
    const { middlewareStack } = client as Client;
    const { requestsPerSecond: rates, clock } = this.options;
    const rate = typeof rates === 'number' ? rates : (rates[service] ?? rates.others);
    const reads = new Limiter(clock, rate, BURST);
    const changes = COUNTED_TOGETHER.has(service) ? reads : new Limiter(clock, rate, BURST);
    const nameOf = (context: { commandName?: string }): string =>
      `${service}:${context.commandName?.replace(/Command$/, '') ?? '?'}`;
    middlewareStack.add(
      (next, context) => async (args) =>
        next(args).catch((thrown: unknown) => {
          const error = thrown instanceof SentOnce ? thrown.cause : thrown;
          throw error === this.#refusal ? error : translate(error, nameOf(context));
        }),
      {
        step: 'initialize',
        priority: 'high',
        name: 'turnout-translate',
      },
    );
    middlewareStack.add(
      (next, context) => async (args) => {
        const operation = nameOf(context);
        const limiter = isChange(operation) ? changes : reads;
        return this.#attempt(limiter, operation, () => next(this.#fenced(args)));
      },
      // After the retry middleware of the same step: each attempt is counted and checked, not only the first.
      { step: 'finalizeRequest', priority: 'low', name: 'turnout-attempt' },
    );
    return async (command) => (client as Client).send(command) as Promise<never>;
  }

  async #mayChange(): Promise<void> {
    try {
      await this.options.beforeChange();
    } catch (error) {
      this.#refusal = error;
      throw error;
    }
  }

  /** Signatures leave this header out (SigV4 in the SDK), so that it may still be changed. */
  #fenced(args: object): object {
    const fence = this.options.fence?.();
    if (fence === undefined) return args;
    const { headers } = (args as { request: { headers: Record<string, string> } }).request;
    headers['user-agent'] = `${headers['user-agent'] ?? ''} fence/${fence}`;
    return args;
  }

  async #attempt(limiter: Limiter, operation: string, send: () => Promise<unknown>): Promise<unknown> {
    await limiter.take();
    if (isChange(operation)) await this.#mayChange();
    this.requests += 1;
    if (isChange(operation)) this.changes += 1;
    try {
      return await send();
    } catch (error) {
      if (isThrottling(error)) this.options.onThrottled(operation);
      throw this.options.changes === 'once' && isChange(operation) ? new SentOnce(error) : error;
    }
  }
}
