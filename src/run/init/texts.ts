import type { OutsideRoute } from '../../domain/traffic.ts';
import type { MarkerSeen } from './marker.ts';
import { otherScaling, scalingOf, testGroupName, TEST_PORT } from './missing.ts';
import type { FoundTraffic } from './propose.ts';
import type { ReleaseSource } from './releases.ts';
import type { GroupSeen } from './seen.ts';
import { quoted } from './yaml.ts';

/** The proposed config. Pure. */

export interface Proposal {
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  readonly traffic: FoundTraffic;
  readonly source: ReleaseSource | undefined;
  readonly template: { readonly id: string; readonly from: string } | undefined;
  readonly marker: (MarkerSeen & { readonly url: string }) | undefined;
  /** For jobs on many machines. */
  readonly ci: boolean;
  /** What could not be read or was left out, as sentences. */
  readonly notes: readonly string[];
}

/** Each line says what it was read from. */
export function configText(proposal: Proposal): string {
  const { environment, account, region, notes } = proposal;
  return [
    '# Proposed by `turnout init` from what the account has. Each line says what it was read from; change what is wrong.',
    '# `turnout doctor` checks it. All keys: turnout.schema.json.',
    ...notes.map((note) => `# ${note}`),
    '',
    '# The tag turnout:environment of all that belongs to it.',
    `environment: ${environment}`,
    '# From the ARN of the target group; any other account or region is refused.',
    `account: '${account}'`,
    `region: ${region}`,
    '',
    ...fleetLines(proposal),
    '',
    ...trafficLines(proposal.traffic),
    '',
    ...markerLines(proposal),
    '',
    ...storeLines(proposal),
    '',
  ].join('\n');
}

function storeLines({ ci }: Proposal): readonly string[] {
  return ci
    ? ['# Every job reaches it. `turnout store create` makes the table.', 'store: { kind: dynamodb }']
    : [
        '# A file is for runs on one machine. For several people, or CI: { kind: dynamodb }, then `turnout store create`.',
        'store: { kind: file }',
      ];
}

function fleetLines(proposal: Proposal): readonly string[] {
  const { environment, source, traffic } = proposal;
  const unseen = [
    '# Not seen: nothing of a server in production has a release in it. Change this to how your images are named.',
    `image: { name: '${environment}-{release}' }`,
  ];
  const said = source === undefined ? unseen : [`# ${source.from}`, ...source.lines];
  const lines = [...kindLines(traffic), ...templateLines(proposal), ...said];
  return ['fleet:', ...lines.map((line) => (line === '' ? '' : `  ${line}`))];
}

function kindLines(traffic: FoundTraffic): readonly string[] {
  const scaling = scalingOf(traffic);
  if (scaling !== undefined) {
    const isThere = traffic.test?.scaling[0] !== undefined;
    return [
      `# ${scaling.name} launches what production's target group holds; two groups take turns.`,
      ...(isThere ? [] : ['# The second one is not there yet: the commands that `init` has printed make it.']),
      'kind: auto-scaling',
      `groups: [${scaling.name}, ${otherScaling(traffic)}]`,
    ];
  }
  const several = traffic.production.scaling.map(({ name }) => name).join(', ');
  return [
    ...(several === '' ? [] : [`# ${several} register servers with production: \`doctor\` says what that means.`]),
    'kind: ec2',
  ];
}

/** A group launches from the template that it has. */
function templateLines({ template, source, traffic }: Proposal): readonly string[] {
  if (template === undefined || source?.kind === 'template' || scalingOf(traffic) !== undefined) return [];
  return [`# ${template.from}`, `launchTemplate: { id: ${template.id} }`];
}

function trafficLines(traffic: FoundTraffic): readonly string[] {
  if (traffic.names.length > 0) return dnsLines(traffic);
  return traffic.weighted || scalingOf(traffic) !== undefined ? ruleLines(traffic) : groupLines(traffic);
}

function dnsLines(traffic: FoundTraffic): readonly string[] {
  const { production, test, names } = traffic;
  return [
    'traffic:',
    `  # ${names.map(({ name }) => name.name).join(', ')} has weighted records for the load balancers of two target groups.`,
    '  kind: weighted-dns',
    '  groups:',
    ...[production, test ?? production].map(
      (group) => `    - { targetGroup: ${group.name}, port: ${targetPort(group)} }`,
    ),
    '  # Set identifiers of the records: `blue` leads to the first group, `green` to the second.',
    '  production:',
    ...names.map(({ name: { zone, name, type }, ids: [blue, green] }) => {
      return `    - { zone: ${zone}, name: ${name}, type: ${type}, blue: ${quoted(blue)}, green: ${quoted(green)} }`;
    }),
  ];
}

function ruleLines(traffic: FoundTraffic): readonly string[] {
  const { production, productionRoutes, testRoutes, weighted } = traffic;
  const names = productionRoutes.map(({ name }) => name).join(', ');
  const why = weighted
    ? 'divides its requests between two target groups.'
    : 'will divide its requests between two target groups.';
  const reached =
    testRoutes.length === 0
      ? 'Not there yet: the commands that `init` has printed make it.'
      : 'Leads to one of the groups, and is not of production.';
  return [
    'traffic:',
    `  # ${names} ${why}`,
    '  kind: weighted-listener',
    `  groups: [${[production.name, testGroupName(traffic)].map(groupText).join(', ')}]`,
    `  production: [${productionRoutes.map(routeText).join(', ')}]`,
    `  # ${reached}`,
    `  test: [${testRoutes.length === 0 ? missingRoute(traffic) : testRoutes.map(routeText).join(', ')}]`,
  ];
}

function groupLines(traffic: FoundTraffic): readonly string[] {
  const { production, productionRoutes, test } = traffic;
  const names = productionRoutes.map(({ name }) => name).join(', ');
  const port = targetPort(production);
  return [
    'traffic:',
    `  # ${names} forwards to one target group: servers move between it and the test group.`,
    '  kind: target-groups',
    `  # ${production.targets.length} targets at port ${port}.`,
    `  production: [{ targetGroup: ${production.name}, port: ${port} }]`,
    `  # ${test === undefined ? 'Not there yet: the commands that `init` has printed make it.' : `Empty, in the same VPC, with the same protocol.`}`,
    `  test: [{ targetGroup: ${testGroupName(traffic)}, port: ${port} }]`,
  ];
}

function groupText(name: string): string {
  return `{ targetGroup: ${name} }`;
}

/** As in `shop:443 priority 10`. */
function routeText({ name }: OutsideRoute): string {
  const [, balancer, port, priority] = /^(.+):(\d+)(?: priority (\d+))?$/.exec(name) ?? [];
  return `{ loadBalancer: ${balancer}, port: ${port}${priority === undefined ? '' : `, priority: ${priority}`} }`;
}

function missingRoute({ productionRoutes }: FoundTraffic): string {
  return `{ loadBalancer: ${productionRoutes[0]?.name.split(':')[0]}, port: ${TEST_PORT} }`;
}

/** What most of its targets are registered at. */
function targetPort({ port, targets }: GroupSeen): number {
  return targets[0]?.port ?? port;
}

function markerLines({ marker }: Proposal): readonly string[] {
  if (marker === undefined)
    return [
      '# Production was asked once, and nothing in its answer looked like a release. Where it can tell:',
      '# release: { marker: { url: https://shop.example.com/version, json: release } }',
    ];
  const { url, kind, key, value } = marker;
  return [
    `# Production answered with ${JSON.stringify(value)} there.`,
    `release: { marker: { url: '${url}', ${kind}: ${key} } }`,
  ];
}
