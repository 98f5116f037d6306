import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import yargs from 'yargs';
import { loadConfig } from '../../../src/config/load.ts';

/**
 * The lower bound of `turnout status`: its libraries and the unavoidable work. Reads the command line and the config file,
 * describes the instances, the target groups and their targets, and prints a line.
 */
export async function look(argv: readonly string[]): Promise<void> {
  const parser = yargs([...argv]).option('config', { type: 'string', demandOption: true });
  const { config: path } = await parser.command('status', 'Show fleets and traffic').strict().parseAsync();
  const { traffic } = loadConfig({ path, env: process.env, cwd: process.cwd() });
  if (traffic.kind !== 'target-groups') throw new Error('The benchmark needs traffic of the kind target-groups.');
  const Names = [...traffic.production, ...traffic.test].map(({ targetGroup }) => targetGroup);
  const [ec2, elbv2] = [new EC2Client(), new ElasticLoadBalancingV2Client()];
  const [{ Reservations = [] }, { TargetGroups = [] }] = await Promise.all([
    ec2.send(new DescribeInstancesCommand()),
    elbv2.send(new DescribeTargetGroupsCommand({ Names })),
  ]);
  const healths = await Promise.all(
    TargetGroups.map(({ TargetGroupArn }) => elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }))),
  );
  const targets = healths.flatMap(({ TargetHealthDescriptions = [] }) => TargetHealthDescriptions);
  process.stdout.write(`${Reservations.length} reservations, ${targets.length} targets\n`);
}
