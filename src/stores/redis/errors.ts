import { messageOf, OperatorError } from '../../errors.ts';
import { redisName, type RedisServer } from '../../config/redis-url.ts';

interface Failure {
  readonly matches: RegExp;
  readonly code: string;
  readonly what: string;
  readonly next: string;
}

/** By the error of Redis (which starts with an upper-case word) or of the connection. The first match is used. */
const FAILURES: readonly Failure[] = [
  {
    matches: /^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password|ERR Client sent AUTH)/i,
    code: 'store-denied',
    what: 'rejected the user or the password',
    next: 'Check the user and the password in store.url, and the variable that it is read from.',
  },
  {
    matches: /^NOPERM/,
    code: 'store-denied',
    what: 'does not give this user the permissions that turnout needs',
    next: 'Give the user access to the keys that begin with store.prefix, and to the commands that docs/store.md lists.',
  },
  {
    matches: /^(OOM|MISCONF)/,
    code: 'store-full',
    what: 'rejects writes: its memory or its disk is full',
    next: 'Free memory or disk space on the server, then try again.',
  },
  {
    matches: /^READONLY/,
    code: 'store-unwritable',
    what: 'is a read-only replica',
    next: 'Set store.url to the master, or use redis+sentinel:// to find it.',
  },
  {
    matches: /^WRONGTYPE/,
    code: 'store-foreign',
    what: 'has data of another program under the keys of turnout',
    next: 'Choose another store.prefix.',
  },
  {
    matches: /^ERR unknown command/i,
    code: 'store-old',
    what: 'does not support a command that turnout needs',
    next: 'Use Redis 5 or newer, or Valkey.',
  },
  {
    matches: /^(LOADING|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|BUSY)/,
    code: 'store-busy',
    what: 'cannot respond right now',
    next: 'Try again in a moment.',
  },
  {
    matches: /no answer within/,
    code: 'store-silent',
    what: 'does not respond',
    next: 'Check that the server is running and not overloaded, then try again.',
  },
  {
    matches: /certificate|altnames/i,
    code: 'store-untrusted',
    what: 'has a certificate that is not trusted',
    next: 'Set NODE_EXTRA_CA_CERTS to the file with the certificate of its issuer, and use the host name of the certificate in store.url.',
  },
  {
    matches:
      /ECONN|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT|EACCES|EPIPE|ETIMEDOUT|TLS|connection|sentinel|cluster|slots|startup nodes/i,
    code: 'store-unreachable',
    what: 'cannot be reached',
    next: 'Check store.url and the network, and that the server is running.',
  },
];

/** Translates an error of Redis into one that names the server and never contains a password. */
export function redisError(server: RedisServer, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const detail = withoutSecrets(server, reasonOf(error));
  const failure = FAILURES.find(({ matches }) => matches.test(detail));
  const what = failure?.what ?? 'failed';
  // Without the cause: errors of ioredis contain the arguments of the command, and those of AUTH are secret.
  return new OperatorError(failure?.code ?? 'store-failed', `The store ${redisName(server)} ${what} (${detail}).`, {
    next: [failure?.next ?? 'Try again.'],
  });
}

/** The error of a connection to several addresses has an empty message; its reasons are nested. */
function reasonOf(error: unknown): string {
  const { errors, lastNodeError } = error as { errors?: readonly unknown[]; lastNodeError?: unknown };
  const inner = lastNodeError ?? (messageOf(error) === '' ? errors?.[0] : undefined);
  return inner === undefined ? messageOf(error) : reasonOf(inner);
}

function withoutSecrets(server: RedisServer, text: string): string {
  const secrets = [server.password, server.sentinelPassword].filter((secret) => secret !== undefined);
  return secrets.reduce(
    (shown, secret) => shown.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***'),
    text,
  );
}
