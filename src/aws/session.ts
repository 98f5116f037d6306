import type { Clock } from '../clock.ts';
import { AwsClock } from './clock.ts';
import { defined } from '../domain/defined.ts';
import type { OperatorError } from '../errors.ts';
import { DryRuns, type DryRun } from './dry-run.ts';
import {
  checkProfile,
  credentialsText,
  noMfaCode,
  renewsItself,
  withProfile,
  type Credentials,
  type Identity,
  type MfaCode,
} from './credentials.ts';
import { isThrottling, translate } from './errors.ts';
import { bucketOf } from './buckets.ts';
import { Limiter } from './limiter.ts';
import { proxyOptions } from '../proxy.ts';

/** Requests per second by service (the prefix of its IAM actions, for example `elasticloadbalancing`). */
export type Rates = Readonly<Record<string, number>> & { readonly others: number };

export interface SessionOptions {
  /** From the config; where undefined, the SDK's default chain decides (environment, profile, instance role). */
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly endpoint?: string | undefined;
  /** Of reads, and of changes where these are `retried`. */
  readonly maxAttempts: number;
  /** `once`: a change that failed is not repeated here, since the world must be read again before it is. */
  readonly changes: 'once' | 'retried';
  /** Sustained rate of reads, and separately of changes, for each service; or by service, with `others` for the rest. */
  readonly requestsPerSecond: number | Rates;
  /** turnout's version, for the user agent. */
  readonly version: string;
  /** Id of the run, for the user agent: CloudTrail then shows which run sent a request. */
  readonly run: string;
  readonly clock: Clock;
  /** Called directly before each request that changes something; rejects when it must not be sent. */
  readonly beforeChange: () => Promise<void>;
  /** Called when a change has failed for a reason that passes, before any other one is sent. */
  readonly onChangeFailed?: () => void;
  /** Takes each change, which is then not sent. */
  readonly instead?: ((operation: string, input: object) => void) | undefined;
  /** Takes what is known of each change: EC2 is asked by a dry run, and nothing else is sent. */
  readonly dryRuns?: ((result: DryRun) => void) | undefined;
  /** Fencing number of the lease, for the user agent: of two writers it identifies the stale one. */
  readonly fence?: () => number | undefined;
  readonly onThrottled: (operation: string) => void;
  /** Shared with another session of the same profile. */
  readonly credentials?: Credentials;
  /** How to ask for the code of an MFA device. Default: there is no terminal, and a profile that needs one is an error. */
  readonly mfaCode?: MfaCode | undefined;
}

/** What a session knows of its connection, once something was read. */
export interface Connection {
  /** URL of what has answered in place of AWS, also when the environment or the profile names it. */
  readonly endpoint?: string;
  /** When the credentials end, in milliseconds since the epoch; absent where they last, or renew themselves. */
  readonly credentialsEndAt?: number;
  /** Whose they are, as `credentialsText` says it. */
  readonly credentials?: string;
}

/** @param operation for example `ec2:DescribeInstances` */
function isChange(operation: string): boolean {
  return !/:(Describe|Get|Head|List|Simulate)/.test(operation);
}

function failureOf(thrown: unknown): unknown {
  return thrown instanceof SentOnce ? thrown.failure : thrown;
}

async function unwrapped<T>(sent: Promise<T>): Promise<T> {
  try {
    return await sent;
  } catch (thrown) {
    throw failureOf(thrown);
  }
}

/** Of an answer as the SDK's middleware has it. */
function dateOf(answer: unknown): string | undefined {
  return (answer as { response?: { headers?: Record<string, string> } } | undefined)?.response?.headers?.['date'];
}

/** The error of a change. The SDK retries by name, status and `cause`, and finds none of them here. */
class SentOnce extends Error {
  readonly failure: unknown;

  constructor(failure: unknown) {
    super('A change failed.');
    this.failure = failure;
  }
}

const REQUEST_MS = 15_000;

type Next = (args: object) => Promise<unknown>;

/** What the SDK's middleware knows of a request. */
interface Handling {
  readonly commandName?: string;
  readonly __smithy_context?: { readonly selectedHttpAuthScheme?: { readonly identity?: Identity } };
}

interface Client {
  send(command: object): Promise<unknown>;
  readonly config?: { readonly credentials: unknown };
  middlewareStack: {
    add(middleware: (next: Next, context: Handling) => Next, options: object): void;
  };
}

/** A command of the SDK, by the type of its response. */
export interface Sendable<Output> {
  resolveMiddleware(...args: never): (...args: never) => Promise<{ readonly output: Output }>;
}

interface HttpRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly headers: Record<string, string>;
}

/** Domains of AWS's endpoints, in all partitions (AWS General Reference, AWS service endpoints). */
const AWS_DOMAINS =
  /(^|\.)(amazonaws\.com(\.cn)?|api\.aws|amazonwebservices\.com\.cn|amazonaws\.eu|(c2s|csp|hci)\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk)$/;

/** Sends a command of one service; rejects with `OperatorError`s. */
export type Send = <Output>(command: Sendable<Output>) => Promise<Output>;

/** Translates the errors of one service that mean more than `translate` knows. */
export type Explain = (error: OperatorError) => OperatorError;

const quiet = (): void => {};

/** Without `info`: with it, the SDK would copy every response for logging. */
const LOGGER = { trace: quiet, debug: quiet, warn: (text: unknown) => process.emitWarning(String(text)), error: quiet };

/** One program's connection to AWS: options, limits and the count of requests that all services share. */
export class Session {
  readonly options: SessionOptions;
  readonly #dryRuns: DryRuns | undefined;
  /** What is written for other machines to read is dated by it. */
  readonly clock: AwsClock;
  /** Requests sent, including retries. */
  requests = 0;
  /** Requests sent that change something, including retries. */
  changes = 0;
  connection: Connection = {};
  readonly #credentials: Credentials;
  #profile: Promise<void> | undefined;
  /** The error of `beforeChange`; rethrown without translation, since AWS never received the request. */
  #refusal: unknown;

  constructor(options: SessionOptions) {
    this.options = options;
    this.#dryRuns = options.dryRuns && new DryRuns(options.dryRuns);
    this.#credentials = options.credentials ?? {};
    this.clock = new AwsClock(options.clock);
  }

  /** Configuration of every SDK client. */
  clientConfig(requestTimeout = REQUEST_MS): object {
    const { region, profile, endpoint, maxAttempts, version, run } = this.options;
    const proxy = proxyOptions();
    const requestHandler = {
      connectionTimeout: 3000,
      requestTimeout,
      throwOnRequestTimeout: true,
      ...(proxy && { httpAgent: proxy, httpsAgent: proxy }),
    };
    return {
      ...defined({ region, profile, endpoint, credentials: this.#credentials.provider }),
      mfaCodeProvider: this.options.mfaCode ?? noMfaCode,
      maxAttempts,
      logger: LOGGER,
      customUserAgent: [
        ['turnout', version],
        ['run', run],
      ],
      requestHandler,
      // Of the SDK's own clients, which ask for credentials.
      clientConfig: { requestHandler },
    };
  }

  /** Adds the checks before each attempt and the translation of errors to a client, and returns its `send`. */
  connect(service: string, client: unknown, explain: Explain = (error) => error): Send {
    const { middlewareStack, config } = client as Client;
    this.#credentials.provider ??= config?.credentials;
    const { requestsPerSecond: rates, clock } = this.options;
    const rate = typeof rates === 'number' ? rates : (rates[service] ?? rates.others);
    const limiters = new Map<string, Limiter>();
    const limiterOf = (operation: string): Limiter => {
      const { name, burst } = bucketOf(service, operation);
      const limiter = limiters.get(name) ?? new Limiter(clock, rate, burst);
      limiters.set(name, limiter);
      return limiter;
    };
    const shortName = (context: Handling): string => context.commandName?.replace(/Command$/, '') ?? '?';
    const nameOf = (context: Handling): string => `${service}:${shortName(context)}`;
    middlewareStack.add(
      (next, context) => async (args) => {
        const { instead } = this.options;
        const operation = nameOf(context);
        if (!isChange(operation) || (instead ?? this.#dryRuns) === undefined) return next(args);
        const { input } = args as { readonly input: object };
        instead?.(operation, input);
        await this.#dryRuns?.ask(operation, input, async (dry) => unwrapped(next({ ...args, input: dry })));
        return { output: {} };
      },
      { step: 'initialize', priority: 'low', name: 'turnout-instead' },
    );
    middlewareStack.add(
      (next, context) => async (args) =>
        this.#withProfile(async () => next(args)).catch((thrown: unknown) => {
          const [error, operation] = [failureOf(thrown), nameOf(context)];
          if (error === this.#refusal) throw error;
          const told = explain(withProfile(translate(error, operation), this.options.profile));
          if (told.transient && isChange(operation)) this.options.onChangeFailed?.();
          throw told;
        }),
      { step: 'initialize', priority: 'high', name: 'turnout-translate' },
    );
    middlewareStack.add(
      (next, context) => async (args) => {
        const operation = nameOf(context);
        const { request } = args as { readonly request: HttpRequest };
        this.#noteConnection(request, context.__smithy_context?.selectedHttpAuthScheme?.identity);
        this.#addFence(request);
        return this.#attempt(limiterOf(shortName(context)), operation, () => next(args));
      },
      // Inside the retry middleware, so that every attempt is counted and checked.
      { step: 'finalizeRequest', priority: 'low', name: 'turnout-attempt' },
    );
    return async (command) => (client as Client).send(command) as Promise<never>;
  }

  async #checkChange(): Promise<void> {
    try {
      await this.options.beforeChange();
    } catch (error) {
      this.#refusal = error;
      throw error;
    }
  }

  /** The SDK does not sign the user agent (SigV4), so the header may be changed here. */
  #addFence({ headers }: HttpRequest): void {
    const fence = this.options.fence?.();
    if (fence !== undefined) headers['user-agent'] = `${headers['user-agent'] ?? ''} fence/${fence}`;
  }

  async #withProfile<T>(send: () => Promise<T>): Promise<T> {
    await (this.#profile ??= checkProfile(this.options.profile));
    return send();
  }

  #noteConnection({ protocol, hostname, port }: HttpRequest, identity: Identity = {}): void {
    const endpoint = AWS_DOMAINS.test(hostname)
      ? undefined
      : `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
    const credentialsEndAt = renewsItself(identity) ? undefined : identity.expiration?.getTime();
    this.connection = defined({
      endpoint: endpoint ?? this.connection.endpoint,
      credentialsEndAt,
      credentials: credentialsText(identity),
    });
  }

  async #attempt(limiter: Limiter, operation: string, send: () => Promise<unknown>): Promise<unknown> {
    await limiter.take();
    // A dry run changes nothing.
    const changes = isChange(operation) && this.options.dryRuns === undefined;
    if (changes) await this.#checkChange();
    this.requests += 1;
    if (changes) this.changes += 1;
    try {
      return await this.clock.timed(send, dateOf);
    } catch (error) {
      if (isThrottling(error)) {
        limiter.throttled();
        this.options.onThrottled(operation);
      }
      throw this.options.changes === 'once' && isChange(operation) ? new SentOnce(error) : error;
    }
  }
}
