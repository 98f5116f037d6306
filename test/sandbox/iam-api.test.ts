/** The sandbox's IAM over the wire: what a policy does not allow is denied, in each service's own form. */
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { DeregisterTargetsCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { ChangeResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InstanceProfiles } from '../../src/sandbox/iam/profiles.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { Iam } from '../../src/aws/iam.ts';
import { openSession } from '../support/aws.ts';
import { errorOf } from '../support/expect-advice.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';

const allow = (Action: string, Resource = '*', Condition = {}) => ({ Effect: 'Allow', Action, Resource, Condition });
const own = (tag: string) => ({ StringEquals: { [`aws:${tag}/turnout:environment`]: 'shop' } });

const POLICY = {
  Version: '2012-10-17',
  Statement: [
    allow('ec2:Describe*'),
    allow('ec2:RunInstances'),
    allow('ec2:CreateTags', 'arn:aws:ec2:*:*:instance/*', { StringEquals: { 'ec2:CreateAction': 'RunInstances' } }),
    allow('ec2:TerminateInstances', '*', own('ResourceTag')),
    { Effect: 'Deny', Action: 'ec2:DeleteTags', Resource: '*' },
    allow('ssm:SendCommand', 'arn:aws:ssm:*:*:document/shop-deploy'),
  ],
};

let sandbox: Sandbox;
let client: object;
beforeAll(async () => {
  sandbox = await quickSandbox({ instances: 2, policy: JSON.stringify(POLICY) });
  client = configFor('sandbox');
});
afterAll(() => sandbox.close());

function configFor(accessKeyId: string) {
  const credentials = { accessKeyId, secretAccessKey: 'sandbox' };
  return { endpoint: sandbox.url, region: 'eu-west-1', credentials, maxAttempts: 1 };
}

const ROLE = 'arn:aws:iam::123456789012:role/turnout';
const WHO = 'arn:aws:sts::123456789012:assumed-role/turnout/sandbox';
const EC2 = 'arn:aws:ec2:eu-west-1:123456789012';

/** What the SDK makes of an answer: `done`, or the error's name, status and message. */
async function said(sent: Promise<unknown>): Promise<string> {
  return sent.then(
    () => 'done',
    ({ name, message, $metadata }: { name: string; message: string; $metadata: { httpStatusCode: number } }) =>
      `${name} ${$metadata.httpStatusCode}: ${message}`,
  );
}

const because = (action: string, resource: string) =>
  `User: ${WHO} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;

test('EC2 denies with UnauthorizedOperation, and says so to a dry run', async () => {
  const ec2 = new EC2Client(client);
  const [id = ''] = sandbox.blue;
  expect(await said(ec2.send(new DescribeInstancesCommand({})))).toBe('done');
  const tags = { Resources: [id], Tags: [{ Key: 'turnout:environment', Value: 'shop' }] };
  const denied = `UnauthorizedOperation 403: You are not authorized to perform this operation. ${because('ec2:CreateTags', `${EC2}:instance/${id}`)}. Encoded authorization failure message: `;
  expect(await said(ec2.send(new CreateTagsCommand(tags)))).toContain(denied);
  expect(await said(ec2.send(new CreateTagsCommand({ ...tags, DryRun: true })))).toContain(denied);
  const end = { InstanceIds: [id], DryRun: true };
  expect(await said(ec2.send(new TerminateInstancesCommand(end)))).toContain('DryRunOperation 412');
  expect(await said(ec2.send(new DeleteTagsCommand(tags)))).toContain(
    'with an explicit deny in an identity-based policy',
  );
});

test('a launch is denied for a tag that it may not set, or a role that it may not pass', async () => {
  const ec2 = new EC2Client(client);
  const launch = { MinCount: 1, MaxCount: 1, LaunchTemplate: { LaunchTemplateName: 'shop-web' } };
  const Tags = [{ Key: 'a', Value: 'b' }];
  expect(await said(ec2.send(new RunInstancesCommand(launch)))).toBe('done');
  const volume = { ...launch, TagSpecifications: [{ ResourceType: 'volume' as const, Tags }] };
  expect(await said(ec2.send(new RunInstancesCommand(volume)))).toContain(because('ec2:CreateTags', `${EC2}:volume/*`));
  const role = { ...launch, IamInstanceProfile: { Name: 'web' } };
  const passed = because('iam:PassRole', 'arn:aws:iam::123456789012:role/web');
  expect(await said(ec2.send(new RunInstancesCommand(role)))).toContain(passed);
});

test('no instance profile has the id of another one, also not of one that was there before', () => {
  const profiles = new InstanceProfiles('123456789012');
  const made = ['web', 'api'].map((name) => profiles.create(name).InstanceProfileId);
  profiles.delete('web');
  const ids = [...made, profiles.create('web').InstanceProfileId];
  expect(new Set(ids).size).toBe(3);
  expect(ids.every((id = '') => /^AIPA[A-Z0-9]{17}$/.test(id))).toBe(true);
});

test('the other services deny in their own form', async () => {
  const arn = sandbox.production[0]?.arn ?? '';
  const [id = ''] = sandbox.blue;
  const targets = { TargetGroupArn: arn, Targets: [{ Id: id }] };
  const elb = new ElasticLoadBalancingV2Client(client).send(new DeregisterTargetsCommand(targets));
  expect(await said(elb)).toBe(`AccessDenied 403: ${because('elasticloadbalancing:DeregisterTargets', arn)}`);
  const command = { DocumentName: 'shop-deploy', InstanceIds: [id], Parameters: { release: ['42'] } };
  const ssm = new SSMClient(client).send(new SendCommandCommand(command));
  expect(await said(ssm)).toBe(`AccessDeniedException 400: ${because('ssm:SendCommand', `${EC2}:instance/${id}`)}`);
  const change = { HostedZoneId: 'Z1', ChangeBatch: { Changes: [] } };
  const route53 = new Route53Client(client).send(new ChangeResourceRecordSetsCommand(change));
  const zone = 'arn:aws:route53:::hostedzone/Z1';
  expect(await said(route53)).toBe(`AccessDenied 403: ${because('route53:ChangeResourceRecordSets', zone)}`);
  const group = { AutoScalingGroupName: 'web', MinSize: 0, MaxSize: 0 };
  const scaling = new AutoScalingClient(client).send(new CreateAutoScalingGroupCommand(group));
  const made = 'arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:*:autoScalingGroupName/web';
  expect(await said(scaling)).toBe(`AccessDenied 403: ${because('autoscaling:CreateAutoScalingGroup', made)}`);
});

test('a group is given a launch template only by who may launch from it', async () => {
  const admin = new AutoScalingClient(configFor('admin'));
  const AutoScalingGroupName = 'web-from-template';
  const LaunchTemplate = { LaunchTemplateName: 'shop-web', Version: '1' };
  const places = { AvailabilityZones: ['eu-west-1a'], MinSize: 0, MaxSize: 1 };
  expect(
    await said(admin.send(new CreateAutoScalingGroupCommand({ AutoScalingGroupName, LaunchTemplate, ...places }))),
  ).toBe('done');
  const iam = new IAMClient(configFor('admin'));
  const named = { RoleName: 'turnout', PolicyName: 'groups' };
  const allowed = async (...Statement: object[]) =>
    iam.send(
      new PutRolePolicyCommand({ ...named, PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }) }),
    );
  const update = async (more: object) =>
    said(new AutoScalingClient(client).send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, ...more })));
  const deny = { Effect: 'Deny', Action: 'ec2:RunInstances', Resource: '*' };
  await allowed(allow('autoscaling:UpdateAutoScalingGroup'), deny);
  expect(await update({ MaxSize: 2 })).toBe('done');
  const refused = /^AccessDenied 403: You are not authorized to use launch template: lt-/;
  expect(await update({ LaunchTemplate })).toMatch(refused);
  const Overrides = [{ InstanceType: 't3.small', LaunchTemplateSpecification: LaunchTemplate }];
  const MixedInstancesPolicy = { LaunchTemplate: { LaunchTemplateSpecification: LaunchTemplate, Overrides } };
  expect(await update({ MixedInstancesPolicy })).toMatch(refused);
  await allowed(allow('autoscaling:UpdateAutoScalingGroup'));
  expect(await update({ LaunchTemplate })).toBe('done');
  await iam.send(new DeleteRolePolicyCommand(named));
});

test('that an object is not there is told to those who may list it', async () => {
  const s3 = (key: string) => new S3Client({ ...configFor(key), forcePathStyle: true });
  const Bucket = 'acme';
  await s3('admin').send(new CreateBucketCommand({ Bucket }));
  await s3('admin').send(new PutObjectCommand({ Bucket, Key: 'shop/there', Body: 'x' }));
  const iam = new IAMClient(configFor('admin'));
  const named = { RoleName: 'turnout', PolicyName: 'objects' };
  const allowed = async (...Statement: object[]) =>
    iam.send(
      new PutRolePolicyCommand({ ...named, PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }) }),
    );
  const get = async (Key: string) => said(s3('sandbox').send(new GetObjectCommand({ Bucket, Key })));
  const reads = allow('s3:GetObject', 'arn:aws:s3:::acme/*');
  await allowed(reads);
  expect(await get('shop/there')).toBe('done');
  expect(await get('shop/absent')).toBe(`AccessDenied 403: ${because('s3:ListBucket', 'arn:aws:s3:::acme')}`);
  const head = s3('sandbox').send(new HeadObjectCommand({ Bucket, Key: 'shop/absent' }));
  expect(await said(head)).toContain(' 403: ');
  await allowed(reads, allow('s3:ListBucket', 'arn:aws:s3:::acme', { StringLike: { 's3:prefix': 'shop/*' } }));
  expect(await get('shop/absent')).toContain('NoSuchKey 404');
  expect(await get('other/absent')).toContain('AccessDenied 403');
  const list = async (Prefix: string) => said(s3('sandbox').send(new ListObjectsV2Command({ Bucket, Prefix })));
  expect(await list('shop/')).toBe('done');
  expect(await list('other/')).toContain('AccessDenied 403');
  await iam.send(new DeleteRolePolicyCommand(named));
});

test('says who asks, and what that role may do', async () => {
  expect(await new STSClient(client).send(new GetCallerIdentityCommand({}))).toMatchObject({
    Arn: WHO,
    Account: '123456789012',
  });
  const iam = new IAMClient(configFor('admin'));
  expect((await iam.send(new GetRoleCommand({ RoleName: 'turnout' }))).Role?.Arn).toBe(ROLE);
  const ResourceArns = [`${EC2}:instance/i-1`, `${EC2}:volume/vol-1`];
  const simulate = async (...ContextEntries: object[]) => {
    const asked = {
      PolicySourceArn: ROLE,
      ActionNames: ['ec2:CreateTags', 'ec2:DeleteTags'],
      ResourceArns,
      ContextEntries,
    };
    const { EvaluationResults = [] } = await iam.send(new SimulatePrincipalPolicyCommand(asked));
    return EvaluationResults.map(({ EvalDecision, ResourceSpecificResults = [] }) => [
      EvalDecision,
      ...ResourceSpecificResults.map(({ EvalResourceDecision }) => EvalResourceDecision),
    ]);
  };
  const atLaunch = { ContextKeyName: 'ec2:CreateAction', ContextKeyValues: ['RunInstances'], ContextKeyType: 'string' };
  expect(await simulate(atLaunch)).toEqual([
    ['implicitDeny', 'allowed', 'implicitDeny'],
    ['explicitDeny', 'explicitDeny', 'explicitDeny'],
  ]);
  expect((await simulate())[0]).toEqual(['implicitDeny', 'implicitDeny', 'implicitDeny']);
});

test('turnout asks it for the role of its credentials, by resource', async () => {
  const iam = new Iam(openSession(sandbox.url));
  // The limited role may not ask about itself.
  expect(await errorOf(iam.principal())).toMatchObject({ code: 'access-denied', action: 'iam:GetRole' });
  const admin = new IAMClient(configFor('admin'));
  const ask = [allow('iam:GetRole'), allow('iam:SimulatePrincipalPolicy')];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: ask });
  await admin.send(new PutRolePolicyCommand({ RoleName: 'turnout', PolicyName: 'ask', PolicyDocument }));
  expect(await iam.principal()).toBe(ROLE);
  const context = { 'aws:ResourceTag/turnout:environment': ['shop'] };
  const resources = [`${EC2}:instance/i-1`, `${EC2}:instance/i-2`];
  const actions = ['ec2:TerminateInstances', 'ec2:DeleteTags'];
  expect(await iam.simulate(ROLE, { actions, resources, context })).toEqual([
    { action: actions[0], resource: resources[0], isAllowed: true },
    { action: actions[0], resource: resources[1], isAllowed: true },
    { action: actions[1], resource: resources[0], isAllowed: false },
    { action: actions[1], resource: resources[1], isAllowed: false },
  ]);
  await admin.send(new DeleteRolePolicyCommand({ RoleName: 'turnout', PolicyName: 'ask' }));
});

test('an administrator gives the role another policy, and takes it away', async () => {
  const iam = new IAMClient(configFor('admin'));
  const named = { RoleName: 'turnout', PolicyName: 'more' };
  const put = new PutRolePolicyCommand({
    ...named,
    PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: allow('elasticloadbalancing:*') }),
  });
  expect(await said(new IAMClient(client).send(put))).toContain(because('iam:PutRolePolicy', ROLE));
  await iam.send(put);
  const targets = { TargetGroupArn: sandbox.test[0]?.arn, Targets: [{ Id: sandbox.blue[0] }] };
  const deregister = () => new ElasticLoadBalancingV2Client(client).send(new DeregisterTargetsCommand(targets));
  expect(await said(deregister())).toBe('done');
  const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand(named));
  expect(decodeURIComponent(PolicyDocument)).toContain('elasticloadbalancing:*');
  await iam.send(new DeleteRolePolicyCommand(named));
  expect(await said(deregister())).toContain('AccessDenied 403');
  expect(await said(iam.send(new DeleteRolePolicyCommand(named)))).toContain('NoSuchEntity');
  const wrong = new PutRolePolicyCommand({ ...named, PolicyDocument: '{}' });
  expect(await said(iam.send(wrong))).toContain('MalformedPolicyDocument');
});

test('a sandbox with a policy that it cannot evaluate does not start', async () => {
  await expect(quickSandbox({ policy: '{}' })).rejects.toMatchObject({
    code: 'sandbox-not-built',
    next: [expect.stringContaining('sandbox.policy')],
  });
});
