import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import type { Dispatcher } from 'undici';
import { sendError } from './answers.ts';
import { requestHeaders, responseHeaders } from './headers.ts';
import type { RequestTracker, TrafficError } from './traffic.ts';
import type { Upstream } from './upstream.ts';

/** A client request and its response. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly tracker: RequestTracker;
  readonly listenerPort: number;
  readonly idleMs: number;
  readonly setCookies: readonly string[];
}

/** The status of the response, if it has not started (ALB user guide, "Troubleshoot"). */
export function errorStatus(error: TrafficError): number {
  if (error === 'target-timeout') return 504;
  return error === 'client-closed' ? 460 : 502;
}

const CODES: Readonly<Record<string, TrafficError>> = {
  UND_ERR_CONNECT_TIMEOUT: 'target-timeout',
  UND_ERR_HEADERS_TIMEOUT: 'target-timeout',
  UND_ERR_BODY_TIMEOUT: 'target-timeout',
  ECONNREFUSED: 'target-refused',
  EHOSTUNREACH: 'target-refused',
  ENETUNREACH: 'target-refused',
  EADDRNOTAVAIL: 'target-refused',
};

/** The traffic error for an error of the connection to a target. */
export function trafficErrorOf(error: Error): TrafficError {
  return CODES[(error as NodeJS.ErrnoException).code ?? ''] ?? 'target-closed';
}

/** Forwards a request to a target and its response to the client. Like ALB, it does not retry on another target. */
export function forward(exchange: Exchange, upstream: Upstream): void {
  new Forwarding(exchange).start(upstream);
}

class Forwarding implements Dispatcher.DispatchHandler {
  readonly #exchange: Exchange;
  #controller: Dispatcher.DispatchController | undefined;
  #leave: () => void = () => {};
  #over = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  start(upstream: Upstream): void {
    const { request, response, listenerPort, idleMs } = this.#exchange;
    this.#leave = upstream.track(() => this.#fail('drain-ended'));
    response.on('close', () => this.#fail('client-closed'));
    response.on('drain', () => this.#controller?.resume());
    try {
      upstream.dispatch(
        {
          path: request.url ?? '/',
          method: request.method ?? 'GET',
          headers: requestHeaders(request, listenerPort),
          body: bodyOf(request),
          headersTimeout: idleMs,
          bodyTimeout: idleMs,
        },
        this,
      );
    } catch (error) {
      this.#fail(trafficErrorOf(error as Error));
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error('the exchange is over'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    message?: string,
  ): void {
    // Interim responses (103 Early Hints) are not forwarded.
    if (this.#over || status < 200) return;
    const { response, setCookies } = this.#exchange;
    try {
      response.writeHead(status, message ?? '', responseHeaders(headers, setCookies));
    } catch {
      // Node rejects a header.
      this.#fail('target-closed');
      controller.abort(new Error('malformed response'));
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over && !this.#exchange.response.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    const { response, tracker } = this.#exchange;
    if (!this.#finish()) return;
    // Counted before the last byte is sent, so that a client with the whole response finds it in the counts.
    tracker.end(response.statusCode);
    response.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#fail(trafficErrorOf(error));
  }

  #finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#leave();
    const { request } = this.#exchange;
    // The rest of the request must be read before the connection can be used for the next one.
    if (!request.complete) request.unpipe().resume();
    return true;
  }

  #fail(error: TrafficError): void {
    if (!this.#finish()) return;
    const { response, tracker } = this.#exchange;
    tracker.end(response.headersSent && error !== 'client-closed' ? response.statusCode : errorStatus(error), error);
    if (response.headersSent) response.destroy();
    else if (error !== 'client-closed') sendError(response, errorStatus(error));
    this.#controller?.abort(new Error(error));
  }
}

/** The request's body as a separate stream: undici destroys it when the target fails, while the client must get a 502. */
function bodyOf(request: IncomingMessage): PassThrough | null {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (encoding === undefined && (length === undefined || length === '0')) return null;
  return request.pipe(new PassThrough());
}
