import type { OutsideRoute } from '../../domain/traffic.ts';
import type { FoundTraffic, GroupSeen, HealthCheckSeen } from './propose.ts';

/** The proposed config, and what is still to be made for it. Pure. */

export interface Proposal {
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  readonly traffic: FoundTraffic;
  readonly image: { readonly pattern: string; readonly from: string } | undefined;
  readonly template: { readonly id: string; readonly from: string } | undefined;
  readonly marker:
    | { readonly url: string; readonly kind: 'header' | 'json'; readonly key: string; readonly value: string }
    | undefined;
}

/** Each line says what it was read from. */
export function configText(proposal: Proposal): string {
  const { environment, account, region } = proposal;
  return [
    '# Proposed by `turnout init` from what the account has. Each line says what it was read from; change what is wrong.',
    '# `turnout doctor` checks it. All keys: turnout.schema.json.',
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
    '# A file is for runs on one machine. For several people, or CI: { kind: dynamodb }, then `turnout store create`.',
    'store: { kind: file }',
    '',
  ].join('\n');
}

function fleetLines({ environment, image, template }: Proposal): readonly string[] {
  return [
    'fleet:',
    '  kind: ec2',
    ...(template === undefined ? [] : [`  # ${template.from}`, `  launchTemplate: { id: ${template.id} }`]),
    ...(image === undefined
      ? [
          '  # Not seen: no image of a server in production has a name with a release in it. Change this to how yours are named.',
          `  image: { name: '${environment}-{release}' }`,
        ]
      : [`  # ${image.from}`, `  image: { name: '${image.pattern}' }`]),
  ];
}

function trafficLines(traffic: FoundTraffic): readonly string[] {
  const { production, productionRoutes, test, testRoutes, weighted } = traffic;
  const names = productionRoutes.map(({ name }) => name).join(', ');
  const testName = testGroupName(traffic);
  if (weighted)
    return [
      'traffic:',
      `  # ${names} divides its requests between two target groups.`,
      '  kind: weighted-listener',
      `  groups: [${[production.name, testName].map(groupText).join(', ')}]`,
      `  production: [${productionRoutes.map(routeText).join(', ')}]`,
      `  # ${testRoutes.length === 0 ? 'Not there yet: the commands that `init` has printed make it.' : 'Leads to one of the groups, and is not of production.'}`,
      `  test: [${testRoutes.length === 0 ? missingRoute(traffic) : testRoutes.map(routeText).join(', ')}]`,
    ];
  return [
    'traffic:',
    `  # ${names} forwards to one target group: servers move between it and the test group.`,
    '  kind: target-groups',
    `  # ${production.targets.length} targets at port ${portOf(production)}.`,
    `  production: [{ targetGroup: ${production.name}, port: ${portOf(production)} }]`,
    `  # ${test === undefined ? 'Not there yet: the commands that `init` has printed make it.' : `Empty, in the same VPC, with the same protocol.`}`,
    `  test: [{ targetGroup: ${testName}, port: ${portOf(production)} }]`,
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
function portOf({ port, targets }: GroupSeen): number {
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

/** A listener that has it already refuses the command, and says so. */
const TEST_PORT = 8081;

function testGroupName({ production, test }: FoundTraffic): string {
  return test?.name ?? `${production.name.slice(0, 27)}-test`;
}

/**
 * The commands of the AWS CLI that make what is missing, with the health check of production.
 * @param aws the first words of each
 */
export function missingCommands(traffic: FoundTraffic, aws = 'aws'): readonly string[] {
  const { production, test, testRoutes } = traffic;
  if (testRoutes.length > 0) return [];
  const { port, protocol, vpc, check, balancer = 'ARN' } = production;
  const group =
    `${aws} elbv2 create-target-group --name ${testGroupName(traffic)} --protocol ${protocol} --port ${port} --vpc-id ${vpc} ` +
    `${checkOptions(check)} ` +
    '--query TargetGroups[0].TargetGroupArn --output text';
  const listener = (arn: string): string =>
    `${aws} elbv2 create-listener --load-balancer-arn ${balancer} --protocol ${protocol === 'HTTPS' ? 'HTTP' : protocol} --port ${TEST_PORT} ` +
    `--default-actions Type=forward,TargetGroupArn=${arn}`;
  return test === undefined ? [`TEST=$(${group})`, listener('$TEST')] : [listener(test.arn)];
}

function checkOptions(check: HealthCheckSeen): string {
  return [
    `--health-check-protocol ${check.protocol} --health-check-port ${check.port}`,
    ...(check.path === undefined ? [] : [`--health-check-path '${check.path}'`]),
    ...(check.codes === undefined ? [] : [`--matcher HttpCode=${check.codes}`]),
    `--health-check-interval-seconds ${check.interval} --health-check-timeout-seconds ${check.timeout}`,
    `--healthy-threshold-count ${check.healthy} --unhealthy-threshold-count ${check.unhealthy}`,
  ].join(' ');
}

/** The same for Terraform. */
export function missingTerraform(traffic: FoundTraffic): string {
  const { production, test, testRoutes } = traffic;
  if (testRoutes.length > 0) return '';
  const { port, protocol, vpc, check, balancer = 'ARN' } = production;
  const group = [
    'resource "aws_lb_target_group" "test" {',
    `  name     = "${testGroupName(traffic)}"`,
    `  port     = ${port}`,
    `  protocol = "${protocol}"`,
    `  vpc_id   = "${vpc}"`,
    '  health_check {',
    `    protocol = "${check.protocol}"`,
    `    port     = "${check.port}"`,
    ...(check.path === undefined ? [] : [`    path     = "${check.path}"`]),
    ...(check.codes === undefined ? [] : [`    matcher  = "${check.codes}"`]),
    `    interval = ${check.interval}`,
    `    timeout  = ${check.timeout}`,
    `    healthy_threshold   = ${check.healthy}`,
    `    unhealthy_threshold = ${check.unhealthy}`,
    '  }',
    '}',
    '',
  ];
  const listener = [
    'resource "aws_lb_listener" "test" {',
    `  load_balancer_arn = "${balancer}"`,
    `  port              = ${TEST_PORT}`,
    `  protocol          = "${protocol === 'HTTPS' ? 'HTTP' : protocol}"`,
    '  default_action {',
    '    type             = "forward"',
    `    target_group_arn = ${test === undefined ? 'aws_lb_target_group.test.arn' : `"${test.arn}"`}`,
    '  }',
    '}',
  ];
  return [...(test === undefined ? group : []), ...listener].join('\n');
}
