import { Session, type Explain } from '../../../src/aws/session.ts';
import { isThrottling } from '../../../src/aws/errors.ts';
import { answer, type Request } from './api.ts';
import { EPOCH } from './clock.ts';
import { ApiFailure } from './failure.ts';
import type { LittleBucket } from './bucket.ts';
import type { LittleCloud } from './cloud.ts';
import { mustBeAllowed, type Gate } from './iam.ts';
import type { LittleProcess } from './process.ts';

/** What a request to AWS can meet, once or for a while. */
export const FAULTS = [
  /** Refused by AWS's limits, once. */
  'throttled',
  /** All requests are, for 30 s from this one on. */
  'throttled 30 s',
  /** Fails inside AWS, once, and as often as it is tried. */
  '500',
  '500 always',
  /** No answer for 15 s; it did not arrive. */
  'timeout',
  'timeout always',
  'reset',
  'reset always',
  /** Fails inside AWS after it took effect. */
  'error after effect',
  'error after effect always',
  'reset after effect always',
  /** An error that a retry does not fix. */
  'denied',
  /** For 10 s from this one on, reads show what was so 10 s before. */
  'stale 10 s',
  'error after effect always, stale 10 s',
  'denied, stale 10 s',
] as const;

/** From a request to its answer. */
export const REQUEST_MS = 40;
/** The Session's own limit on silence. */
const TIMEOUT_MS = 15_000;

/** AWS's weather, for all processes: what is wrong until when. */
export class Weather {
  throttledUntil = 0;
  staleUntil = 0;
  staleMs = 10_000;
  /** How old reads are at any time. */
  lagMs = 0;

  lagAt(now: number): number {
    return now < this.staleUntil ? this.staleMs : this.lagMs;
  }
}

/** A request on its way, as the watch sees it. */
export interface Sent extends Request {
  readonly process: LittleProcess;
  /** How old a read is. */
  readonly lagMs: number;
}

/** A request, and the service that it is for, as IAM calls it. */
interface ToService extends Request {
  readonly service: string;
}

export interface Wire {
  readonly cloud: LittleCloud;
  readonly weather: Weather;
  readonly gate: Gate;
  readonly bucket?: LittleBucket | undefined;
  readonly process: LittleProcess;
  /** The process sends it. */
  readonly onSend: (request: Request) => void;
  /** It arrives; the answer is called once it has had its effect. */
  readonly onArrival: (sent: Sent) => () => void;
}

type Next = (args: object) => Promise<unknown>;
type Middleware = (next: Next, context: { commandName?: string }) => Next;

/** The real session, with the SDK's clients put aside: their requests go to the little cloud instead. */
export class LittleSession extends Session {
  readonly #wire: Wire;

  constructor(options: ConstructorParameters<typeof Session>[0], wire: Wire) {
    super(options);
    this.#wire = wire;
  }

  override clientConfig(): object {
    return { ...super.clientConfig(), ...UNUSED };
  }

  override connect(service: string, _client: unknown, explain?: Explain) {
    return super.connect(service, littleClient(this.#wire, service, this.options.maxAttempts), explain);
  }
}

/** What the SDK's clients would look up for themselves, each time one is made; these are never used. */
const UNUSED = {
  credentials: { accessKeyId: 'little', secretAccessKey: 'little' },
  requestHandler: { handle: async () => Promise.reject(new Error('Nothing is sent.')) },
  endpoint: 'http://127.0.0.1:9',
  defaultsMode: 'standard',
  retryMode: 'standard',
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  defaultUserAgentProvider: async () => [],
};

/** What the SDK makes of each request, as far as the session looks at it. */
const SENT = { protocol: 'https:', hostname: 'little.eu-west-1.amazonaws.com' };

/** A client with the parts of the SDK's that the session uses: middleware around standard retries, and `send`. */
function littleClient(wire: Wire, service: string, maxAttempts: number) {
  const layers: Record<string, Middleware[]> = { initialize: [], finalizeRequest: [] };
  return {
    middlewareStack: { add: (layer: Middleware, { step }: { step: string }) => void layers[step]?.push(layer) },
    async send(command: { readonly constructor: { readonly name: string }; readonly input: object }) {
      const commandName = command.constructor.name;
      const request = { service, operation: commandName.replace(/Command$/, ''), input: { ...command.input } };
      const faults = { always: undefined as string | undefined };
      const wrap = (step: string, inner: Next): Next =>
        (layers[step] ?? []).reduceRight((next, layer) => layer(next, { commandName }), inner);
      const attempt = wrap('finalizeRequest', async () => dated(wire, await deliver(wire, request, faults)));
      const all = wrap('initialize', async () =>
        retried(wire, maxAttempts, async () => attempt({ request: { ...SENT, headers: {} } })),
      );
      return ((await all({ input: command.input })) as Answer).output;
    },
  };
}

interface Answer {
  readonly output: unknown;
  readonly response: { readonly headers: Readonly<Record<string, string>> };
}

/** As the SDK hands it on: with AWS's time, which is the cloud's whatever the machine's clock says. */
function dated({ cloud: { clock } }: Wire, output: unknown): Answer {
  return { output, response: { headers: { date: new Date(EPOCH + clock.now).toUTCString() } } };
}

/** Standard retries (SDK reference guide): twice as long a wait each time, from 0.1 s, or 0.5 s when throttled, to 20 s. */
async function retried(wire: Wire, maxAttempts: number, attempt: () => Promise<unknown>): Promise<unknown> {
  for (let n = 1; ; n += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (n >= maxAttempts || !isWorthwhile(error)) throw error;
      // Between nothing and this, at random; half of it here.
      const longest = Math.min(20_000, (isThrottling(error) ? 500 : 100) * 2 ** (n - 1));
      await wire.process.clock.sleep(longest / 2);
    }
  }
}

function isWorthwhile(error: unknown): boolean {
  const { name, $metadata } = error as Partial<ApiFailure>;
  const status = $metadata?.httpStatusCode ?? 0;
  return isThrottling(error) || status >= 500 || name === 'TimeoutError' || name === 'ECONNRESET';
}

/** One attempt on the wire. */
async function deliver(wire: Wire, request: ToService, faults: { always: string | undefined }): Promise<unknown> {
  const { cloud, process, weather } = wire;
  const atAws = (met: string | undefined): object => {
    const { now } = cloud.clock;
    if (met === 'throttled 30 s') weather.throttledUntil = now + 30_000;
    if (met?.endsWith('stale 10 s') === true) weather.staleUntil = now + 10_000;
    if (met?.includes(' always') === true) faults.always = met;
    return arrive(wire, request, (met ?? faults.always)?.replace(/ always|, stale 10 s/g, ''));
  };
  const outcome = await process.call(request.operation, REQUEST_MS, atAws, () => wire.onSend(request));
  if (outcome !== SILENCE) return outcome;
  await process.clock.sleep(TIMEOUT_MS - REQUEST_MS);
  throw new ApiFailure('TimeoutError', 'socket hang up after 15 s', 0);
}

/** Nothing comes back. */
const SILENCE = {};

function bucketOf({ bucket }: Wire): LittleBucket {
  if (bucket === undefined) throw new Error('There is no S3 here.');
  return bucket;
}

function arrive(wire: Wire, request: ToService, fault: string | undefined): object {
  const { cloud, weather, process } = wire;
  const isThrottled = fault === 'throttled' || cloud.clock.now < weather.throttledUntil;
  if (isThrottled) throw new ApiFailure('ThrottlingException', 'Rate exceeded');
  if (fault === 'timeout') return SILENCE;
  if (fault === 'reset') throw new ApiFailure('ECONNRESET', 'read ECONNRESET', 0);
  if (fault === '500') throw new ApiFailure('InternalFailure', 'An internal error occurred', 500);
  if (fault === 'denied') throw new ApiFailure('AccessDenied', 'You are not authorized to perform this operation', 403);
  mustBeAllowed(wire.gate, cloud, request.service, request);
  if (request.service === 's3') return bucketOf(wire).answer(request.operation, request.input as never);
  const lagMs = weather.lagAt(cloud.clock.now);
  const afterwards = wire.onArrival({ ...request, process, lagMs });
  const output = answer(cloud, request, lagMs);
  afterwards();
  if (fault === 'error after effect') throw new ApiFailure('InternalFailure', 'An internal error occurred', 500);
  if (fault === 'reset after effect') throw new ApiFailure('ECONNRESET', 'read ECONNRESET', 0);
  return output;
}
