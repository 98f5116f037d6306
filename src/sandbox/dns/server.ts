import type { AdminPage } from '../service.ts';
import type { DnsTimes, Route53State } from '../route53/model.ts';
import { createDnsCounters, type DnsReport } from './counters.ts';
import { possibleAnswers, answerQuestion, type DnsReply } from './answer.ts';
import { openSockets } from './sockets.ts';
import { answerSource } from './source.ts';
import { readQuery, writeReply } from './wire.ts';

export interface NameServerOptions {
  readonly state: Route53State;
  /** 0 selects a free port, the same for UDP and TCP. */
  readonly port: number;
  /** Loopback address. Default: `127.0.0.1`. */
  readonly address?: string;
  /** From 0 to 1, for weights and for the propagation of changes. */
  readonly random?: () => number;
}

/** The name server of all hosted zones. */
export interface NameServer {
  readonly address: string;
  readonly port: number;
  /** Address and port in the format of `dns.setServers`, such as `127.0.0.1:4553`. */
  readonly server: string;
  /** Times that can be changed while it runs. */
  readonly times: DnsTimes;
  /** Counts of questions and answers since the last reset. */
  report(): DnsReport;
  reset(): void;
  /** All values that may be answers now, whatever the random choice. Default type: A. */
  possible(name: string, type?: string): readonly string[];
  readonly page: AdminPage;
  close(): Promise<void>;
}

/** Starts the name server on loopback. Throws an `OperatorError` if the port is in use. */
export async function startNameServer(options: NameServerOptions): Promise<NameServer> {
  const { state, port, address = '127.0.0.1', random = Math.random } = options;
  const account = createDnsCounters();
  const sockets = await openSockets(address, port, (message, transport) => {
    const query = readQuery(message);
    if (!query) return undefined;
    const answered =
      query.question && query.rcode === undefined
        ? answerQuestion(answerSource(state, random), query.question)
        : undefined;
    const final = answered ?? refusal(query.rcode ?? 0);
    if (query.question) account.add(query.question, final);
    return writeReply(query, final, transport);
  });
  return {
    address,
    port: sockets.port,
    server: `${address}:${sockets.port}`,
    times: state.times,
    report: () => account.report(),
    reset: () => account.reset(),
    possible: (name, type = 'A') => {
      // While only some name servers have a change, both the old and the new values are possible.
      const either = [() => 0, () => 1].flatMap((chance) =>
        possibleAnswers(answerSource(state, chance), { name, type }),
      );
      return [...new Set(either)];
    },
    page: { read: () => account.report(), reset: () => account.reset() },
    close: () => sockets.close(),
  };
}

function refusal(rcode: number): DnsReply {
  return { rcode, authoritative: false, answers: [], authorities: [] };
}
