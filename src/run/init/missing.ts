import type { FoundTraffic } from './propose.ts';
import type { HealthCheckSeen, ScalingSeen } from './seen.ts';

/** What is still to be made for the proposed config. Pure. */

/** A listener that has it already refuses the command, and says so. */
export const TEST_PORT = 8081;

export function testGroupName({ production, test }: FoundTraffic): string {
  return test?.name ?? `${production.name.slice(0, 27)}-test`;
}

/** The Auto Scaling group of production, where it is one. */
export function scalingOf({ production }: FoundTraffic): ScalingSeen | undefined {
  return production.scaling.length === 1 ? production.scaling[0] : undefined;
}

/** The name of the group that takes turns with it. */
export function otherScaling(traffic: FoundTraffic): string {
  return traffic.test?.scaling[0]?.name ?? `${scalingOf(traffic)?.name}-next`;
}

/** Whether green has a listener to be tested at: with weighted names, its own load balancer. */
function isReachable({ names, testRoutes }: FoundTraffic): boolean {
  return names.length > 0 || testRoutes.length > 0;
}

/**
 * The commands of the AWS CLI that make what is missing, with the health check of production.
 * @param aws the first words of each
 */
export function missingCommands(traffic: FoundTraffic, aws = 'aws'): readonly string[] {
  const { test } = traffic;
  const scaling = scalingOf(traffic);
  const needsScaling = scaling !== undefined && test?.scaling[0] === undefined;
  const arn = test?.arn ?? '$TEST';
  return [
    ...(isReachable(traffic) ? [] : testCommands(traffic, aws)),
    ...(needsScaling ? [scalingCommand(scaling, otherScaling(traffic), arn, aws)] : []),
  ];
}

/** Empty, as the one that takes turns has to be; it launches what production's launches, until `up` gives it a release. */
function scalingCommand(scaling: ScalingSeen, name: string, arn: string, aws: string): string {
  const { template, maximum, subnets, healthCheck, grace } = scaling;
  return (
    `${aws} autoscaling create-auto-scaling-group --auto-scaling-group-name ${name} ` +
    `--launch-template LaunchTemplateId=${template?.id ?? 'ID'},Version='${template?.version ?? 1}' ` +
    `--min-size 0 --max-size ${maximum} --desired-capacity 0 --vpc-zone-identifier ${subnets} --target-group-arns ${arn} ` +
    `--health-check-type ${healthCheck} --health-check-grace-period ${grace}`
  );
}

function testCommands(traffic: FoundTraffic, aws: string): readonly string[] {
  const { production, test } = traffic;
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
  const { test } = traffic;
  const arn = test === undefined ? 'aws_lb_target_group.test.arn' : `"${test.arn}"`;
  const scaling = scalingOf(traffic);
  return [
    ...(isReachable(traffic) || test !== undefined ? [] : groupBlock(traffic)),
    ...(isReachable(traffic) ? [] : listenerBlock(traffic, arn)),
    ...(scaling === undefined || test?.scaling[0] !== undefined
      ? []
      : scalingBlock(scaling, otherScaling(traffic), arn)),
  ].join('\n');
}

function groupBlock(traffic: FoundTraffic): readonly string[] {
  const { port, protocol, vpc, check } = traffic.production;
  return [
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
}

function listenerBlock({ production }: FoundTraffic, arn: string): readonly string[] {
  const { protocol, balancer = 'ARN' } = production;
  return [
    'resource "aws_lb_listener" "test" {',
    `  load_balancer_arn = "${balancer}"`,
    `  port              = ${TEST_PORT}`,
    `  protocol          = "${protocol === 'HTTPS' ? 'HTTP' : protocol}"`,
    '  default_action {',
    '    type             = "forward"',
    `    target_group_arn = ${arn}`,
    '  }',
    '}',
  ];
}

/** docs/auto-scaling.md says why these are ignored. */
function scalingBlock(scaling: ScalingSeen, name: string, arn: string): readonly string[] {
  const { template, maximum, subnets, healthCheck, grace } = scaling;
  return [
    '',
    'resource "aws_autoscaling_group" "next" {',
    `  name                      = "${name}"`,
    `  vpc_zone_identifier       = ${JSON.stringify(subnets.split(','))}`,
    '  min_size                  = 0',
    '  desired_capacity          = 0',
    `  max_size                  = ${maximum}`,
    `  target_group_arns         = [${arn}]`,
    `  health_check_type         = "${healthCheck}"`,
    `  health_check_grace_period = ${grace}`,
    '  wait_for_capacity_timeout = "0"',
    '  launch_template {',
    `    id      = "${template?.id ?? 'ID'}"`,
    `    version = "${template?.version ?? 1}"`,
    '  }',
    '  lifecycle {',
    '    ignore_changes = [min_size, desired_capacity, launch_template, tag]',
    '  }',
    '}',
  ];
}
