import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../clock.ts';
import { sendError, sendFixed, sendRedirect } from './answers.ts';
import { forward } from './forward.ts';
import { requestAttributes } from './matching.ts';
import {
  actionFor,
  chooseTarget,
  zonesServed,
  type TargetChoice,
  type RouteAction,
  type DataPlaneRoutes,
} from './routes.ts';
import type { RequestTracker, DataPlaneTraffic } from './traffic.ts';
import { answerOnSocket, tunnel } from './upgrade.ts';

export interface ListenerOptions {
  /** Loopback address. */
  readonly host: string;
  /** 0 selects a free port. */
  readonly port: number;
  /** Name of the load balancer, for the traffic counts. */
  readonly loadBalancer: string;
  readonly routes: DataPlaneRoutes;
  readonly traffic: DataPlaneTraffic;
  readonly clock: Clock;
  /** From 0 to 1, for weights. */
  readonly random: () => number;
  /** The load balancer's idle timeout, evaluated for each request. */
  readonly idleMs: () => number;
  /** The load balancer has a node in each. */
  readonly zones: () => readonly string[];
}

/** A listener of a load balancer: a real HTTP server. */
export interface LiveListener {
  readonly port: number;
  setRoutes(routes: DataPlaneRoutes): void;
  /** Stops listening; requests in flight continue, or are closed if `force` is set. */
  close(force: boolean): Promise<void>;
}

/** Rejects with the system's error (`EADDRINUSE`, `EACCES`) if the port is not available. */
export async function openListener(options: ListenerOptions): Promise<LiveListener> {
  const listener = new HttpListener(options);
  await listener.open();
  return listener;
}

/** Upgrades to other protocols than web sockets are ignored: the request is handled without upgrade. */
function shouldUpgradeCallback(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}

class HttpListener implements LiveListener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #tunnels = new Set<Socket>();
  #routes: DataPlaneRoutes;
  /** Stored, since requests may still arrive over open connections after the server is closed. */
  #port = 0;
  #closing = false;
  readonly #zones = new WeakMap<Socket, string>();
  #turn = 0;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#routes = options.routes;
    this.#server = createServer({ keepAliveTimeout: options.idleMs(), requestTimeout: 0, shouldUpgradeCallback });
    this.#server.on('request', (request, response) => this.#serve(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head));
  }

  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, backlog: 4096 }, () => {
        this.#server.off('error', reject);
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  setRoutes(routes: DataPlaneRoutes): void {
    this.#routes = routes;
  }

  async close(force: boolean): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.#server.closeIdleConnections();
    if (!force) return;
    this.#server.closeAllConnections();
    for (const socket of this.#tunnels) socket.destroy();
    await closed;
  }

  /** Clients come to the nodes in turn, as DNS answers, and stay there as long as they are connected. */
  #zoneOf(socket: Socket): string | undefined {
    const known = this.#zones.get(socket);
    if (known !== undefined) return known;
    const served = zonesServed(this.#routes);
    const zones = this.#options.zones().filter((zone) => served.has(zone));
    const zone = zones[this.#turn++ % zones.length];
    if (zone !== undefined) this.#zones.set(socket, zone);
    return zone;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const tracker = this.#options.traffic.track(this.#options.loadBalancer);
    if (this.#closing) response.setHeader('connection', 'close');
    const attributes = requestAttributes(request);
    const action = attributes && actionFor(this.#routes, attributes);
    if (!attributes || !action) {
      tracker.end(400);
      sendError(response, 400);
      return;
    }
    if (action.type === 'forward') {
      this.#forward(request, response, this.#choose(request, action, tracker), tracker);
      return;
    }
    tracker.end(action.status);
    if (action.type === 'redirect') sendRedirect(response, action, attributes.url);
    else sendFixed(response, action);
  }

  #choose(request: IncomingMessage, action: RouteAction, tracker: RequestTracker): TargetChoice | undefined {
    if (action.type !== 'forward') return undefined;
    const { clock, random } = this.#options;
    const context = { now: clock.now(), random, zone: () => this.#zoneOf(request.socket) };
    const choice = chooseTarget(action, request.headers.cookie, context);
    if (choice) tracker.sentTo(choice.group.name, choice.target?.release() ?? '');
    return choice;
  }

  #forward(
    request: IncomingMessage,
    response: ServerResponse,
    choice: TargetChoice | undefined,
    tracker: RequestTracker,
  ): void {
    if (!choice?.target) {
      tracker.end(503, 'no-target');
      sendError(response, 503);
      return;
    }
    const { setCookies, target } = choice;
    forward({ request, response, tracker, setCookies, ...this.#proxyOptions() }, target.upstream);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const tracker = this.#options.traffic.track(this.#options.loadBalancer);
    this.#tunnels.add(socket);
    socket.on('close', () => this.#tunnels.delete(socket));
    const attributes = requestAttributes(request);
    const action = attributes && actionFor(this.#routes, attributes);
    const choice = action && this.#choose(request, action, tracker);
    if (choice?.target) {
      const { setCookies, target } = choice;
      tunnel({ request, socket, head, tracker, setCookies, ...this.#proxyOptions() }, target.upstream);
      return;
    }
    // For a fixed response or a redirect ALB ignores the upgrade; here the client gets a 503.
    tracker.end(503, 'no-target');
    socket.on('error', () => {});
    answerOnSocket(socket, 503);
  }

  #proxyOptions(): { listenerPort: number; idleMs: number } {
    return { listenerPort: this.port, idleMs: this.#options.idleMs() };
  }
}
