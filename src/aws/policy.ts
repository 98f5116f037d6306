import { gates } from './grants-gates.ts';
import type { Config, RouteConfig, TargetGroupConfig } from '../config/config.ts';
import type { Verb } from '../domain/goal.ts';
import { ANYTHING, arn, type Grant, type Statement, type Use } from './grants.ts';
import { deployers, dynamodb, followerStatements, ownerItem } from './grants-deploy.ts';
import { previewGrants } from './grants-preview.ts';
import { FLEET_GRANTS } from './grants-fleet.ts';

/**
 * The least IAM policy for a config, from its text alone: nothing is asked of AWS. Which actions can be limited to which
 * resources, and by which conditions: Service Authorization Reference (actions, resources and condition keys), pages of EC2,
 * Elastic Load Balancing V2, Route 53, Systems Manager, S3 and DynamoDB.
 */

export interface Policy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/** IAM's limit for a managed policy, in characters without white space (IAM and STS quotas). */
export const POLICY_MAX = 6144;

/** For `doctor` alone: what a dry run cannot check. */
function askIam({ account = '*' }: Config): Grant {
  const Action = ['iam:GetRole', 'iam:SimulatePrincipalPolicy'];
  return { use: 'read', Sid: 'AskIam', Action, Resource: [`arn:aws:iam::${account}:role/*`] };
}

/** For `doctor` alone: whether load balancers reach the servers. */
const READ_SECURITY_GROUPS: Grant = {
  use: 'read',
  Sid: 'ReadSecurityGroups',
  Action: ['ec2:DescribeSecurityGroups'],
  Resource: ANYTHING,
};

const DEPLOYS = ['SendToOwn', 'SendDocument', 'CancelCommand', 'GivePermits', 'DeployOnLayers'];

/** What a task needs beside the statements that are for every task. */
const NEEDS: Readonly<Record<Verb, readonly string[]>> = {
  adopt: [],
  up: [
    'LaunchOwn',
    'LaunchFrom',
    'TagAtLaunch',
    'PassRole',
    'MakeVersion',
    'LaunchAny',
    'MakeClones',
    'MakeAlarms',
    'MakePreview',
    'TagPreview',
    'DeletePreview',
  ],
  promote: ['DeletePreview'],
  rollback: ['DeletePreview'],
  cleanup: ['EndClones', 'EndAlarms', 'DeletePreview', 'TerminateOwn'],
  rolling: ['RefreshGroups', ...DEPLOYS],
  deploy: DEPLOYS,
  drain: [],
  join: [],
};
const SPECIAL: ReadonlySet<string> = new Set(Object.values(NEEDS).flat());

const OF_CLONES: ReadonlySet<string> = new Set(['MakeClones', 'MakeAlarms']);

function isFor({ fleet }: Config, sid: string, task: Verb): boolean {
  // What a group is refreshed with is launched, as by `up`.
  const launches = fleet.kind === 'auto-scaling' && task === 'rolling' && !OF_CLONES.has(sid);
  return !SPECIAL.has(sid) || NEEDS[task].includes(sid) || (launches && NEEDS.up.includes(sid));
}

/**
 * @param task of `run`: for this task alone
 * @returns the policy for that use; `run` includes `read`, and `adopt` stands alone, to be attached for one day
 */
export function policyFor(config: Config, use: Use, task?: Verb): Policy {
  const wanted: readonly Use[] = use === 'run' ? ['read', 'run'] : [use];
  const statements = grants(config)
    .filter((grant) => wanted.includes(grant.use))
    .filter(({ Sid }) => task === undefined || isFor(config, Sid, task))
    .map(({ Sid, Action, Resource, Condition }): Statement => {
      return { Sid, Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) };
    });
  return { Version: '2012-10-17', Statement: statements };
}

/** For the role of the instances, where they fetch releases by themselves; undefined where they need nothing. */
export function instancesPolicy({ deploy }: Pick<Config, 'deploy'>): Policy | undefined {
  return deploy?.kind === 'pull' ? { Version: '2012-10-17', Statement: followerStatements(deploy) } : undefined;
}

const sizeOf = (policy: Policy): number => JSON.stringify(policy).length;

/** The same permissions as policies that each fit into IAM's limit; a statement with too many resources is divided. */
export function splitPolicy({ Version, Statement }: Policy): readonly Policy[] {
  const parts = Statement.flatMap((statement) => divided(statement));
  const policies: Policy[] = [];
  for (const statement of parts) {
    const last = policies.at(-1);
    const longer = { Version, Statement: [...(last?.Statement ?? []), statement] };
    if (last !== undefined && sizeOf(longer) <= POLICY_MAX) policies[policies.length - 1] = longer;
    else policies.push({ Version, Statement: [statement] });
  }
  return policies;
}

/** By halves of its resources; each part needs an id of its own (IAM user guide, Sid). */
function divided(statement: Statement): readonly Statement[] {
  const { Resource, Sid } = statement;
  if (Resource.length < 2 || sizeOf({ Version: '2012-10-17', Statement: [statement] }) <= POLICY_MAX)
    return [statement];
  const half = Math.ceil(Resource.length / 2);
  return [
    ...divided({ ...statement, Sid: `${Sid}A`, Resource: Resource.slice(0, half) }),
    ...divided({ ...statement, Sid: `${Sid}B`, Resource: Resource.slice(half) }),
  ];
}

const LOOK = [
  'ec2:DescribeInstances',
  'ec2:DescribeInstanceStatus',
  'ec2:DescribeVolumes',
  'autoscaling:DescribeAutoScalingGroups',
  ...[
    'TargetGroups',
    'TargetGroupAttributes',
    'TargetHealth',
    'LoadBalancers',
    'LoadBalancerAttributes',
    'Listeners',
    'Rules',
    'Tags',
    'AccountLimits',
  ].map((what) => `elasticloadbalancing:Describe${what}`),
];

const CALENDARS: Grant = { use: 'read', Sid: 'Calendars', Action: ['ssm:GetCalendarState'], Resource: ANYTHING };

function grants(config: Config): readonly Grant[] {
  return [
    { use: 'read', Sid: 'Look', Action: LOOK, Resource: ANYTHING },
    askIam(config),
    READ_SECURITY_GROUPS,
    ...FLEET_GRANTS[config.fleet.kind](config),
    ...traffic(config),
    ...previewGrants(config),
    ...gates(config),
    ...deployers(config),
    ...(config.freeze?.calendars.length ? [CALENDARS] : []),
    ...ownerItem(config),
    ...dynamodb(config),
  ];
}

const TARGETS = ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'];

function traffic(config: Config): readonly Grant[] {
  const { traffic: given } = config;
  const named = given.kind === 'target-groups' ? [...given.production, ...given.test] : given.groups;
  // In place, an instance leaves every group that holds it, also those that the config does not name.
  const Resource =
    config.deploy === undefined ? named.map((group) => groupArn(config, group)) : [arn(config, ELB, 'targetgroup/*/*')];
  // Groups register what they launch by themselves; where they move, what one has left out is registered.
  const register: readonly Grant[] =
    config.fleet.kind === 'auto-scaling' && given.kind !== 'target-groups' && config.deploy === undefined
      ? []
      : [{ use: 'run', Sid: 'MoveServers', Action: TARGETS, Resource }];
  if (given.kind === 'target-groups') return register;
  if (given.kind === 'weighted-listener') {
    const routes = [...given.production, ...given.test];
    return [
      ...register,
      ...moves(config, 'MoveByRules', 'ModifyRule', routes.filter(isRule)),
      ...moves(
        config,
        'MoveByListeners',
        'ModifyListener',
        routes.filter((route) => !isRule(route)),
      ),
      { use: 'read', Sid: 'CountRequests', Action: ['cloudwatch:GetMetricStatistics'], Resource: ANYTHING },
      ...(given.names === undefined ? [] : [readNames]),
    ];
  }
  return [
    ...register,
    readNames,
    { use: 'read', Sid: 'CountRequests', Action: ['cloudwatch:GetMetricStatistics'], Resource: ANYTHING },
    ...given.production.map(({ name, zone, type }, index): Grant => {
      return {
        use: 'run',
        Sid: `MoveName${index + 1}`,
        Action: ['route53:ChangeResourceRecordSets'],
        Resource: [`arn:aws:route53:::hostedzone/${zone.startsWith('Z') && !zone.includes('.') ? zone : '*'}`],
        Condition: {
          'ForAllValues:StringEquals': {
            // IAM sees names in lower case and without a final dot.
            'route53:ChangeResourceRecordSetsNormalizedRecordNames': [name.toLowerCase().replace(/\.$/, '')],
            'route53:ChangeResourceRecordSetsRecordTypes': [type],
          },
        },
      };
    }),
    { use: 'run', Sid: 'AwaitNames', Action: ['route53:GetChange'], Resource: ['arn:aws:route53:::change/*'] },
  ];
}

const ELB = 'elasticloadbalancing';

const readNames: Grant = {
  use: 'read',
  Sid: 'ReadNames',
  Action: ['route53:ListHostedZonesByName', 'route53:GetHostedZone', 'route53:ListResourceRecordSets'],
  Resource: ANYTHING,
};

function groupArn(config: Config, { targetGroup }: TargetGroupConfig): string {
  return targetGroup.startsWith('arn:') ? targetGroup : arn(config, ELB, `targetgroup/${targetGroup}/*`);
}

function isRule({ arn: given, priority }: RouteConfig): boolean {
  return given === undefined ? priority !== undefined : given.includes(':listener-rule/');
}

function moves(config: Config, Sid: string, action: string, routes: readonly RouteConfig[]): readonly Grant[] {
  if (routes.length === 0) return [];
  const Resource = routes.flatMap((route) => {
    if (route.arn !== undefined) return [route.arn];
    const [kind, tail] = isRule(route) ? ['listener-rule', '*/*/*'] : ['listener', '*/*'];
    return ['app', 'net'].map((type) => arn(config, ELB, `${kind}/${type}/${route.loadBalancer}/${tail}`));
  });
  return [{ use: 'run', Sid, Action: [`${ELB}:${action}`], Resource: [...new Set(Resource)] }];
}
