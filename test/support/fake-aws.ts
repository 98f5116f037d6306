import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One attempt, as it came over the wire. */
export interface Attempt {
  readonly action: string;
  /** All that the request says, in the form of the query protocol: `TagSpecification.1.Tag.1.Key`. */
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
}

/** `ok`, or the code of an error; with a status other than the usual one. */
export type Reply = 'ok' | { readonly code: string; readonly status?: number; readonly message?: string };

export interface FakeAws {
  readonly url: string;
  readonly attempts: readonly Attempt[];
  close(): Promise<void>;
}

/** Speaks just enough of EC2's and ELB's protocol to answer with success or with an error; the last reply is given for ever. */
export async function startFakeAws(...replies: readonly Reply[]): Promise<FakeAws> {
  const attempts: Attempt[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text: string) => (body += text));
    request.on('end', () => {
      const query = Object.fromEntries(new URLSearchParams(body));
      const action = query['Action'] ?? '';
      const reply = replies[Math.min(attempts.length, replies.length - 1)] ?? 'ok';
      attempts.push({ action, query, headers: request.headers });
      response
        .writeHead(statusOf(reply), { 'content-type': 'text/xml', 'x-amzn-requestid': 'req-7' })
        .end(xmlOf(action, reply));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    attempts,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function statusOf(reply: Reply): number {
  return reply === 'ok' ? 200 : (reply.status ?? 400);
}

/** EC2 has a form of its own for errors; a reader of one passes over the other. */
function xmlOf(action: string, reply: Reply): string {
  if (reply === 'ok') return `<${action}Response><${action}Result/></${action}Response>`;
  const error = `<Error><Code>${reply.code}</Code><Message>${reply.message ?? 'It is so.'}</Message></Error>`;
  const form = /Instance|Image|Template|CreateTags/.test(action)
    ? `<Response><Errors>${error}</Errors></Response>`
    : `<ErrorResponse>${error}</ErrorResponse>`;
  return form;
}
