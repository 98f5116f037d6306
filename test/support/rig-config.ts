import type { Sandbox, SandboxOptions } from '../../src/sandbox/index.ts';

type Wished = Required<Pick<SandboxOptions, 'production' | 'test'>> &
  Pick<SandboxOptions, 'weighted' | 'dns' | 'scalingGroups'>;

/** URLs at which clients of production arrive: of each group's listener, or of each rule. */
export function productionUrls(sandbox: Sandbox, weighted: SandboxOptions['weighted']): readonly string[] {
  // Clients that use a name look it up.
  if (sandbox.names.length > 0) return [];
  if (weighted === undefined) return sandbox.production.map(({ url }) => url);
  return sandbox.elbv2
    .urls()
    .slice(0, weighted.production.length)
    .map(({ url }) => url);
}

/** The config file of a scenario; `config` has lines that come instead of the usual ones of the same key. */
export function configText(
  sandbox: Sandbox,
  wished: Wished,
  config: Readonly<Record<string, string>> | undefined,
  traffic = 'retention: 1s',
): string {
  const lines: Record<string, string> = {
    environment: 'shop',
    endpoint: sandbox.url,
    fleet: fleetLine(wished),
    traffic: trafficLine(sandbox, wished, traffic),
    timeouts: '{ boot: 20s, healthy: 20s, drained: 20s }',
    aws: '{ requestsPerSecond: 100, maxAttempts: 8, consistencyDelay: 300ms }',
    ...config,
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

function fleetLine({ scalingGroups }: Wished): string {
  const image = "image: { name: 'shop-{release}' }";
  return scalingGroups === undefined
    ? `{ kind: ec2, ${image}, launchTemplate: { name: shop-web, version: $Latest } }`
    : `{ kind: auto-scaling, ${image}, groups: [${scalingGroups.join(', ')}] }`;
}

function trafficLine(sandbox: Sandbox, wished: Wished, more: string): string {
  if (wished.weighted !== undefined) return weightedRules(sandbox, wished, wished.weighted, more);
  return wished.dns?.names === undefined ? membership(wished) : weightedNames(sandbox, wished, wished.dns.names, more);
}

/** Each name with the set identifiers of its two sides. */
function weightedNames(
  { dns: { server } }: Sandbox,
  { production }: Wished,
  names: NonNullable<NonNullable<Wished['dns']>['names']>,
  more: string,
): string {
  const all = names.map(({ name, zone, sides, record = 'alias' }) => {
    const [blue, green] = sides.map(({ id, loadBalancer }) => id ?? loadBalancer);
    const type = record === 'CNAME' ? 'CNAME' : 'A';
    return `{ name: ${name}, zone: ${zone ?? name.slice(name.indexOf('.') + 1)}, type: ${type}, blue: ${blue}, green: ${green} }`;
  });
  const lines = [
    'kind: weighted-dns',
    `groups: [${groups(production)}]`,
    `production: [${all.join(', ')}]`,
    `nameServers: ['${server}']`,
    more,
  ];
  return `{ ${lines.join(', ')} }`;
}

function groups(list: Wished['test'] | undefined): string {
  return (list ?? []).map(({ name, port }) => `{ targetGroup: ${name}, port: ${port} }`).join(', ');
}

function membership({ production, test }: Wished): string {
  return `{ kind: target-groups, production: [${groups(production)}], test: [${groups(test)}] }`;
}

/** The ports are the ones that were free. */
function weightedRules(
  sandbox: Sandbox,
  { production, test }: Wished,
  routes: NonNullable<Wished['weighted']>,
  more: string,
): string {
  const urls = sandbox.elbv2.urls().map(({ url }) => new URL(url).port);
  const all = [...routes.production, ...routes.test].map(({ priority }, index) => {
    const rule = priority === undefined ? '' : `, priority: ${priority}`;
    return `{ loadBalancer: shop, port: ${urls[index]}${rule} }`;
  });
  const cut = routes.production.length;
  const lines = [
    'kind: weighted-listener',
    `groups: [${groups([...(production ?? []), ...(test ?? [])])}]`,
    `production: [${all.slice(0, cut).join(', ')}]`,
    `test: [${all.slice(cut).join(', ')}]`,
    more,
  ];
  return `{ ${lines.join(', ')} }`;
}

export function markerLine(
  sandbox: Sandbox,
  { weighted, marker }: Pick<SandboxOptions, 'weighted'> & { readonly marker?: string },
): Readonly<Record<string, string>> {
  if (marker === undefined) return {};
  const name = sandbox.names[0]?.name;
  if (name === undefined)
    return { release: `{ marker: { url: '${productionUrls(sandbox, weighted)[0] ?? ''}/', ${marker} } }` };
  const { port } = new URL(sandbox.production[0]!.url);
  const server = `nameServers: ['${sandbox.dns.server}']`;
  return { release: `{ marker: { url: 'http://${name}:${port}/', ${server}, ${marker} } }` };
}
