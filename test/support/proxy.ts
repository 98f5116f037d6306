import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';

/** The only way out: a proxy, behind which `*.eu-west-1.amazonaws.com` is the sandbox. */
export interface ProxyWorld extends AsyncDisposable {
  readonly url: string;
  /** Authority that clients of AWS trust here. */
  readonly authority: string;
  /** Hosts and ports that tunnels were asked for, and URLs of plain requests. */
  readonly asked: readonly string[];
}

export async function startProxy(folder: string, sandboxUrl: string): Promise<ProxyWorld> {
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name)) as [string, string];
  const names = 'subjectAltName=DNS:*.eu-west-1.amazonaws.com,DNS:*.s3.eu-west-1.amazonaws.com';
  const options = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-addext',
    names,
  ];
  execFileSync('openssl', ['req', '-x509', ...options, '-subj', '/CN=aws', '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  const aws = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (asking, answer) =>
    pass(`${sandboxUrl}${bucketOf(asking)}`, asking, answer),
  );
  const asked: string[] = [];
  const proxy = createServer((asking, answer) => {
    asked.push(asking.url ?? '');
    pass(asking.url ?? '', asking, answer);
  });
  const awsPort = await listen(aws);
  const open = new Set<Socket>();
  proxy.on('connect', ({ url = '' }: IncomingMessage, client: Socket) => {
    asked.push(url);
    client.on('error', () => undefined);
    if (!/^(?:[\w-]+\.)?\w+\.eu-west-1\.amazonaws\.com:443$/.test(url))
      return client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const server = connect(awsPort, '127.0.0.1', () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'));
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
    }
    return server.pipe(client).pipe(server);
  });
  return {
    url: `http://127.0.0.1:${await listen(proxy)}`,
    authority: cert,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      for (const server of [aws, proxy]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

/** AWS names buckets by the host, and the sandbox by the path: `/releases`. */
function bucketOf({ headers: { host = '' } }: IncomingMessage): string {
  const bucket = /^([\w-]+)\.s3\./.exec(host)?.[1];
  return bucket === undefined ? '' : `/${bucket}`;
}

async function listen(server: Pick<Server, 'listen' | 'address'> & NodeJS.EventEmitter): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function pass(to: string, asking: IncomingMessage, answer: ServerResponse): void {
  const { method, headers, url = '' } = asking;
  const target = new URL(url.startsWith('http') ? url : to + url);
  const sent = request(target, { method, headers: { ...headers, host: target.host } }, (received) => {
    answer.writeHead(received.statusCode ?? 502, received.headers);
    received.pipe(answer);
  });
  sent.on('error', () => answer.writeHead(502).end());
  asking.pipe(sent);
}
