import { messageOf, OperatorError } from '../../errors.ts';
import { redisName, type RedisServer } from '../../config/redis-url.ts';

interface Trouble {
  readonly matches: RegExp;
  readonly code: string;
  readonly what: string;
  readonly next: string;
}

/** By what Redis answers (an upper-case word first), or by what became of the connection. The first that matches counts. */
const TROUBLES: readonly Trouble[] = [
  {
    matches: /^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password|ERR Client sent AUTH)/i,
    code: 'store-denied',
    what: 'did not accept the user or the password',
    next: 'Check the user and the password in store.url, and the variable that it comes from.',
  },
  {
    matches: /^NOPERM/,
    code: 'store-denied',
    what: 'does not allow this user what turnout needs',
    next: 'Allow the user the keys that begin with store.prefix, and the commands that the README lists.',
  },
  {
    matches: /^(OOM|MISCONF)/,
    code: 'store-full',
    what: 'takes no more writes: its memory or its disk is full',
    next: 'Make room there, then try again.',
  },
  {
    matches: /^READONLY/,
    code: 'store-unwritable',
    what: 'is a replica, which takes no writes',
    next: 'Name the master in store.url, or use redis+sentinel:// so that it is found.',
  },
  {
    matches: /^WRONGTYPE/,
    code: 'store-foreign',
    what: 'has something else under the keys of turnout',
    next: 'Choose another store.prefix.',
  },
  {
    matches: /^ERR unknown command/i,
    code: 'store-old',
    what: 'lacks a command that turnout needs',
    next: 'Use Redis 5 or newer, or Valkey.',
  },
  {
    matches: /^(LOADING|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|BUSY)/,
    code: 'store-busy',
    what: 'cannot answer right now',
    next: 'Try again in a moment.',
  },
  {
    matches: /no answer within/,
    code: 'store-silent',
    what: 'does not answer',
    next: 'Check that the server lives and is not overloaded, then try again.',
  },
  {
    matches: /certificate|altnames/i,
    code: 'store-untrusted',
    what: 'has a certificate that is not trusted',
    next: 'Name the file with the certificate of its issuer in NODE_EXTRA_CA_CERTS, and the host by the name that is in the certificate.',
  },
  {
    matches:
      /ECONN|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT|EACCES|EPIPE|ETIMEDOUT|TLS|connection|sentinel|cluster|slots|startup nodes/i,
    code: 'store-unreachable',
    what: 'cannot be reached',
    next: 'Check store.url and the network, and that the server runs.',
  },
];

/** What went wrong with a Redis, as an error that names the server and never its user's password. */
export function redisError(server: RedisServer, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const detail = withoutSecrets(server, reasonOf(error));
  const trouble = TROUBLES.find(({ matches }) => matches.test(detail));
  const what = trouble?.what ?? 'failed';
  // Without the cause: what ioredis throws carries the arguments of the command, and those of AUTH are secret.
  return new OperatorError(trouble?.code ?? 'store-failed', `The store ${redisName(server)} ${what} (${detail}).`, {
    next: [trouble?.next ?? 'Try again.'],
  });
}

/** A failed connection to several addresses has an empty message, and its reasons inside. */
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
