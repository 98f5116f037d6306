import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { BlockList, isIPv6 } from 'node:net';
import type { IncomingMessage } from 'node:http';

/** The attributes of a request that rules match. */
export interface RequestAttributes {
  readonly method: string;
  readonly url: URL;
  readonly sourceIp: string;
  header(name: string): string | undefined;
}

export type Matcher = (attributes: RequestAttributes) => boolean;

/** Undefined if the request target is neither a path nor a URL. */
export function requestAttributes(request: IncomingMessage): RequestAttributes | undefined {
  const target = request.url ?? '';
  const url = URL.parse(target.startsWith('/') ? `http://${request.headers.host ?? 'localhost'}${target}` : target);
  if (!url) return undefined;
  const header = (name: string): string | undefined => {
    const value = request.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  const sourceIp = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return { method: request.method ?? 'GET', url, sourceIp, header };
}

/** `*` matches any number of characters, `?` matches one. */
function wildcard(pattern: string, flags = ''): RegExp {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, `s${flags}`);
}

/** A rule matches if all of its conditions do (ALB user guide, "Rule condition types"). */
export function matcherOf(conditions: readonly RuleCondition[]): Matcher {
  const matchers = conditions.map(conditionMatcher);
  return (attributes) => matchers.every((matches) => matches(attributes));
}

const MATCHERS: Readonly<Record<string, (condition: RuleCondition) => Matcher>> = {
  'path-pattern': (condition) => {
    const patterns = conditionValues(condition).map((value) => wildcard(value));
    return ({ url }) => patterns.some((pattern) => pattern.test(url.pathname));
  },
  'host-header': (condition) => {
    const patterns = conditionValues(condition).map((value) => wildcard(value, 'i'));
    return ({ url }) => patterns.some((pattern) => pattern.test(url.hostname));
  },
  'http-header': (condition) => {
    const name = condition.HttpHeaderConfig?.HttpHeaderName ?? '';
    const patterns = conditionValues(condition).map((value) => wildcard(value, 'i'));
    return (attributes) =>
      patterns.some((pattern) => pattern.test(attributes.header(name) ?? '') && attributes.header(name) !== undefined);
  },
  'http-request-method': (condition) => {
    const methods = conditionValues(condition);
    return ({ method }) => methods.includes(method);
  },
  'query-string': (condition) => {
    const pairs = (condition.QueryStringConfig?.Values ?? []).map((pair) => ({
      key: pair.Key === undefined ? undefined : wildcard(pair.Key, 'i'),
      value: wildcard(pair.Value ?? '', 'i'),
    }));
    return ({ url }) =>
      [...url.searchParams].some(([key, value]) =>
        pairs.some((pair) => (pair.key?.test(key) ?? true) && pair.value.test(value)),
      );
  },
  'source-ip': (condition) => {
    const list = new BlockList();
    for (const block of conditionValues(condition)) addBlock(list, block);
    return ({ sourceIp }) => list.check(sourceIp, isIPv6(sourceIp) ? 'ipv6' : 'ipv4');
  },
};

/** The supported condition fields. */
export const FIELDS: readonly string[] = Object.keys(MATCHERS);

function conditionMatcher(condition: RuleCondition): Matcher {
  return MATCHERS[condition.Field ?? '']?.(condition) ?? (() => false);
}

/** The values of a condition, from the general list or from the config of its field. */
export function conditionValues(condition: RuleCondition): readonly string[] {
  return (
    condition.Values ??
    condition.PathPatternConfig?.Values ??
    condition.HostHeaderConfig?.Values ??
    condition.HttpHeaderConfig?.Values ??
    condition.HttpRequestMethodConfig?.Values ??
    condition.SourceIpConfig?.Values ??
    []
  );
}

function addBlock(list: BlockList, block: string): void {
  const [address = '', prefix = ''] = block.split('/');
  list.addSubnet(address, Number(prefix), isIPv6(address) ? 'ipv6' : 'ipv4');
}
