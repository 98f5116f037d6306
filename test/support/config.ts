import { readConfig } from '../../src/config/read.ts';

/** The smallest config file there is. */
export const LEAST = `\
environment: shop
fleet:
  kind: ec2
  image: { name: 'shop-{release}' }
traffic:
  kind: target-groups
  production: [{ targetGroup: shop-production }]
  test: [{ targetGroup: shop-test }]
`;

export function withLines(...lines: readonly string[]): string {
  return `${LEAST}${lines.join('\n')}\n`;
}

/** `key: message` of each mistake. */
export function mistakesIn(text: string, env: Readonly<Record<string, string>> = {}): readonly string[] {
  const read = readConfig('shop.yml', text, env);
  return 'problems' in read ? read.problems.map(({ key, message }) => `${key}: ${message}`) : [];
}

/** The mistakes as they are shown. */
export function shownFor(text: string, env: Readonly<Record<string, string>> = {}): string {
  const read = readConfig('config/shop.yml', text, env);
  return 'problems' in read ? read.shown : '';
}
