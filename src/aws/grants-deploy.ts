import type { Config, PullDeployerConfig } from '../config/config.ts';
import { ANYTHING, arn, ownInstances, type Grant, type Statement } from './grants.ts';

/** For deploys in place, and for the records. */

export function deployers(config: Config): readonly Grant[] {
  const all = [config.deploy, config.migrate === 'with-deploy' ? undefined : config.migrate];
  const kinds = new Set(all.map((one) => one?.kind));
  const documents = all.flatMap((one) => (one?.kind === 'ssm' ? [one.document] : []));
  return [
    ...(kinds.has('ssm') ? ssm(config, documents) : []),
    ...(kinds.has('opsworks') ? [deployOnLayers(config)] : []),
    ...all.flatMap((one) => (one?.kind === 'pull' ? pull(one) : [])),
  ];
}

function ssm(config: Config, documents: readonly string[]): readonly Grant[] {
  const reads = ['ListCommands', 'ListCommandInvocations', 'GetCommandInvocation', 'DescribeInstanceInformation'];
  const shared = documents.map((name) =>
    name.startsWith('arn:') ? name : arn({ ...config, account: '*' }, 'ssm', `document/${name}`),
  );
  const actions = (...names: readonly string[]) => names.map((name) => `ssm:${name}`);
  const instances = arn(config, 'ec2', 'instance/*');
  return [
    { use: 'read', Sid: 'ReadCommands', Action: actions(...reads), Resource: ANYTHING },
    { use: 'read', Sid: 'ReadDocument', Action: actions('DescribeDocument', 'GetDocument'), Resource: shared },
    // The condition would forbid the document, which has no such tag.
    {
      use: 'run',
      Sid: 'SendToOwn',
      Action: actions('SendCommand'),
      Resource: [instances],
      Condition: ownInstances(config),
    },
    { use: 'run', Sid: 'SendDocument', Action: actions('SendCommand'), Resource: shared },
    { use: 'run', Sid: 'CancelCommand', Action: actions('CancelCommand'), Resource: ANYTHING },
  ];
}

/** What pull deploys need of S3 (Service Authorization Reference, Amazon S3). Without `s3:ListBucket`, S3 says of an object that is not there that it may not be read (S3 API, GetObject). */
function pull({ bucket, prefix }: PullDeployerConfig): readonly Grant[] {
  const keys = (...names: readonly string[]) => names.map((name) => `arn:aws:s3:::${bucket}/${prefix}/${name}`);
  const Condition = { StringLike: { 's3:prefix': `${prefix}/*` } };
  return [
    { use: 'read', Sid: 'ReadReleases', Action: ['s3:GetObject'], Resource: keys('*') },
    {
      use: 'read',
      Sid: 'SeeReleases',
      Action: ['s3:ListBucket'],
      Resource: [`arn:aws:s3:::${bucket}`],
      Condition,
    },
    { use: 'run', Sid: 'GivePermits', Action: ['s3:PutObject'], Resource: keys('permits/*') },
    {
      use: 'run',
      Sid: 'Publish',
      Action: ['s3:PutObject'],
      Resource: keys('bundles/*', 'releases/*', 'pointer.json'),
    },
  ];
}

/** What an instance that follows needs: its releases, its permits, and the place of its reports. */
export function followerStatements({ bucket, prefix }: PullDeployerConfig): readonly Statement[] {
  const keys = (...names: readonly string[]) => names.map((name) => `arn:aws:s3:::${bucket}/${prefix}/${name}`);
  const of = (Sid: string, action: string, Resource: readonly string[]) =>
    ({ Sid, Effect: 'Allow', Action: [`s3:${action}`], Resource }) as const;
  const Condition = { StringLike: { 's3:prefix': `${prefix}/*` } };
  return [
    of('Fetch', 'GetObject', keys('pointer.json', 'permits/*', 'bundles/*')),
    { ...of('SeeWhatIsThere', 'ListBucket', [`arn:aws:s3:::${bucket}`]), Condition },
    of('Report', 'PutObject', keys('reports/*')),
  ];
}

function deployOnLayers(config: Config): Grant {
  const Action = ['CreateDeployment', 'DescribeDeployments', 'DescribeCommands'].map((name) => `opsworks:${name}`);
  return { use: 'run', Sid: 'DeployOnLayers', Action, Resource: [arn(config, 'opsworks', 'stack/*')] };
}

/** The item that says who takes work. */
export function ownerItem(config: Config): readonly Grant[] {
  const { owner } = config;
  if (owner?.kind !== 'dynamodb') return [];
  const where = { ...config, ...(owner.region !== undefined && { region: owner.region }) };
  const Resource = [arn(where, 'dynamodb', `table/${owner.table}`)];
  return [
    { use: 'read', Sid: 'ReadOwner', Action: ['dynamodb:GetItem'], Resource },
    { use: 'run', Sid: 'WriteOwner', Action: ['dynamodb:UpdateItem'], Resource },
  ];
}

export function dynamodb(config: Config): readonly Grant[] {
  const { store } = config;
  if (store.kind !== 'dynamodb') return [];
  const Resource = [
    arn({ ...config, ...(store.region !== undefined && { region: store.region }) }, 'dynamodb', `table/${store.table}`),
  ];
  const actions = (...names: readonly string[]) => names.map((name) => `dynamodb:${name}`);
  return [
    { use: 'read', Sid: 'ReadStore', Action: actions('GetItem', 'Query', 'DescribeTable'), Resource },
    { use: 'run', Sid: 'WriteStore', Action: actions('PutItem', 'UpdateItem'), Resource },
    { use: 'adopt', Sid: 'CreateStore', Action: actions('CreateTable', 'UpdateTimeToLive'), Resource },
  ];
}
