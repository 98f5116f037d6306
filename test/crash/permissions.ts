import type { Use } from '../../src/aws/grants.ts';
import { policyFor, type Policy } from '../../src/aws/policy.ts';
import type { Config } from '../../src/config/config.ts';
import { defined } from '../../src/domain/defined.ts';
import { BUCKET } from '../support/little/bucket.ts';
import { readConfig } from '../../src/config/read.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { ExitCode } from '../../src/errors.ts';
import { REACHED } from '../support/little/goals.ts';
import type { Kind } from '../support/little/kinds.ts';
import type { Scene } from '../support/little/scene.ts';
import { Site, type Run } from '../support/little/site.ts';
import { marksOn } from '../support/little/scaling.ts';
import { living, production, type State } from '../support/little/state.ts';
import { REQUEST_MS } from '../support/little/wire.ts';
import { tellRun } from '../support/little/story.ts';
import type { Case } from './cases.ts';
import { codeOf, lies } from './outcome.ts';

/** The policies that `turnout permissions` prints, enforced, and with one grant taken out. */

/** One action of one statement. */
export interface Grant {
  readonly sid: string;
  readonly action: string;
}

/** What was done before, to its end, or until it has sent that request and was killed. */
interface Before extends Pick<Case, 'ask' | 'wish'> {
  readonly killedAfter?: string;
}

export interface PermissionTrial {
  readonly kind: Kind;
  readonly scene: Scene;
  readonly one: Pick<Case, 'ask' | 'wish'>;
  /** Deploys in place, by whom; what is done before with all permissions. */
  readonly inPlace?: { readonly by: InPlaceBy; readonly before: readonly Before[] };
  /** Absent: nothing is taken out. */
  readonly without?: Grant;
}

const LONGEST_MS = 3_600_000;

/** Absent in the config where Auto Scaling replaces instances by itself. */
const IN_PLACE = {
  ssm: { deploys: 'lasting', config: ['deploy: { kind: ssm, document: shop-deploy }'] },
  pull: {
    deploys: 'permits',
    config: [
      `deploy: { kind: pull, bucket: ${BUCKET.bucket}, prefix: ${BUCKET.prefix} }`,
      "instanceCheck: { url: 'http://{address}/', contains: '{release}' }",
    ],
  },
  refresh: { deploys: undefined, config: [] },
} as const;
export type InPlaceBy = keyof typeof IN_PLACE;

export interface PermissionResult {
  readonly wrong: readonly string[];
  readonly code: string;
  /** Actions that it asked for and was allowed. */
  readonly used: ReadonlySet<string>;
  story(): string;
}

/** The config of a kind's world. */
function configOf({ kind, scene, inPlace }: PermissionTrial): Config {
  const file = [
    'environment: shop',
    "account: '123456789012'",
    'region: eu-west-1',
    ...FLEETS[kind.fleet]!,
    ...trafficOf(kind, scene),
    ...(inPlace === undefined ? [] : IN_PLACE[inPlace.by].config),
  ];
  const read = readConfig('shop.yml', `${file.join('\n')}\n`, {});
  if ('problems' in read) throw new Error(read.shown);
  return resolveConfig(read.data, '/shop/shop.yml');
}

const FLEETS: Readonly<Record<string, readonly string[]>> = {
  ec2: ['fleet:', '  kind: ec2', "  image: { name: 'shop-{release}' }"],
  'auto-scaling': [
    'fleet:',
    '  kind: auto-scaling',
    '  groups: [shop-a, shop-b]',
    "  image: { name: 'shop-{release}' }",
  ],
  opsworks: ['fleet:', '  kind: opsworks', '  stack: shop', '  app: shop', "  revision: '{release}'"],
};

function trafficOf(kind: Kind, scene: Scene): readonly string[] {
  const { groups, ways } = kind.stage(scene);
  const list = (names: Iterable<string>) => [...names].map((name) => `{ targetGroup: ${name} }`).join(', ');
  const head = ['traffic:', `  kind: ${kind.traffic}`];
  if (kind.traffic === 'target-groups') {
    const names = production(kind.stage(scene)).map(({ name }) => name);
    return [...head, `  production: [${list(names)}]`, `  test: [${list(['test'])}]`];
  }
  const routes = (role: string) =>
    [...(ways?.values() ?? [])]
      .filter((way) => way.role === role)
      .map(({ port, priority, arn }) =>
        kind.traffic === 'weighted-dns'
          ? `{ zone: ${arn.replace('www.', '')}, name: ${arn}, type: A, blue: one, green: two }`
          : `{ loadBalancer: shop, port: ${port}${priority === undefined ? '' : `, priority: ${priority}`} }`,
      );
  const test = routes('test').length === 0 ? [] : [`  test: [${routes('test').join(', ')}]`];
  return [...head, `  groups: [${list(groups.keys())}]`, `  production: [${routes('production').join(', ')}]`, ...test];
}

/** `adopt` has a policy of its own, in addition. */
function policiesFor(trial: PermissionTrial): readonly Policy[] {
  const { one, without } = trial;
  const uses: readonly Use[] = one.ask === 'adopt' ? ['run', 'adopt'] : ['run'];
  const config = configOf(trial);
  const policies = uses.map((use) => lacking(policyFor(config, use, one.ask), without));
  return policies.filter(({ Statement }) => Statement.length > 0);
}

function lacking(policy: Policy, without: Grant | undefined): Policy {
  const Statement = policy.Statement.map((one) =>
    one.Sid === without?.sid ? { ...one, Action: one.Action.filter((action) => action !== without.action) } : one,
  );
  return { ...policy, Statement: Statement.filter(({ Action }) => Action.length > 0) };
}

export function grantsOf(trial: PermissionTrial): readonly Grant[] {
  return policiesFor(trial).flatMap(({ Statement }) =>
    Statement.flatMap(({ Sid: sid, Action }) => Action.map((action) => ({ sid, action }))),
  );
}

/** Of the policy for all tasks. */
export function grantsOfAll(trial: PermissionTrial): readonly Grant[] {
  const { Statement } = policyFor(configOf(trial), 'run');
  return Statement.flatMap(({ Sid: sid, Action }) => Action.map((action) => ({ sid, action })));
}

/** `abandon --cancel-refresh` while the refresh goes on that a run has begun, which was killed. */
export async function tryCancelling(
  trial: PermissionTrial,
  without?: Grant,
): Promise<{ readonly code: string; readonly isRecorded: boolean; readonly wrong: readonly string[] }> {
  const site = new Site(trial.scene, { kind: trial.kind });
  site.watch.acceptedMinimum = 0;
  await runBefore(site, { ...trial.one, killedAfter: 'StartInstanceRefresh' });
  site.gate.policies = [lacking(policyFor(configOf(trial), 'run'), without)];
  const run = await site.run('abandon --cancel-refresh');
  const code = codeOf(run);
  const wrong = [...(code === 'done' ? [] : namesIt(run, without?.action ?? '')), ...site.watch.broken];
  return { code, isRecorded: site.store.goal !== undefined, wrong };
}

/** With the permission taken away the run ends as it should; once it is given back, the goal is reached. */
export async function tryPermission(trial: PermissionTrial): Promise<PermissionResult> {
  const { kind, scene, one, inPlace, without } = trial;
  const site = new Site(scene, { kind, ...defined({ deploys: inPlace && IN_PLACE[inPlace.by].deploys }) });
  // In place, a zone may be empty for a while.
  if (inPlace !== undefined) {
    site.watch.acceptedMinimum = 0;
    site.watch.mixesReleases = inPlace.by !== 'refresh';
  }
  for (const earlier of inPlace?.before ?? []) await runBefore(site, earlier);
  site.gate.policies = policiesFor(trial);
  const first = await site.run(one.ask, one.wish);
  const runs = [first];
  const wrong = [...(inPlace === undefined ? lies(first, one.ask, site.cloud.state) : []), ...site.watch.broken];
  if (codeOf(first) !== 'done') {
    wrong.push(
      ...(without === undefined ? ['it does not work with the whole policy'] : namesIt(first, without.action)),
    );
    site.gate.policies = undefined;
    await site.clock.pass(60_000);
    runs.push(...(await toTheGoal(site, trial)));
    const ended = codeOf(runs.at(-1)!);
    const missing = missingOf(trial, site.cloud.state) ?? (ended === 'done' ? undefined : 'it is not done');
    if (missing !== undefined) wrong.push(`with all permissions it ended with ${ended}, but ${missing}`);
    wrong.push(...site.watch.broken);
  } else wrong.push(...[missingOf(trial, site.cloud.state) ?? []].flat());
  const title = without === undefined ? 'with the whole policy' : `without ${without.action} of ${without.sid}`;
  return {
    wrong: wrong.map((text) => `${title}: ${text}`),
    code: codeOf(first),
    used: site.gate.used,
    story: () => [title, ...runs.map(tellRun)].join('\n\n'),
  };
}

async function runBefore(site: Site, { ask, wish, killedAfter }: Before): Promise<void> {
  const going = site.start(ask, wish);
  const hasSent = (): boolean => going.process.calls.some(({ name }) => name === killedAfter);
  await site.clock.until(() => going.run !== undefined || hasSent(), LONGEST_MS);
  await site.clock.pass(REQUEST_MS);
  going.process.kill();
}

/** What is missing of the goal; in place, that each instance of ours serves and carries the release. */
function missingOf({ one: { ask, wish }, inPlace }: PermissionTrial, state: State): string | undefined {
  if (inPlace === undefined) return REACHED[ask](state);
  if (ask !== 'rolling' || !('release' in wish)) return undefined;
  const ours = living(state).filter((box) => marksOn(state, box)['turnout:environment'] === 'shop');
  const wrong = ours.find(({ image }) => image !== `ami-${wish.release}`);
  return wrong === undefined ? undefined : `${wrong.id} carries ${wrong.image}`;
}

/** The missing action and where to add it are named; where production may have been touched, who serves it is said. */
function namesIt({ ended, changes }: Run, action: string): readonly string[] {
  if (ended.how !== 'ended') return [`it ended with ${ended.how}`];
  const { message, next, exitCode } = ended;
  const wrong: string[] = [];
  if (!message.includes(action)) wrong.push(`the sentence does not name ${action}: ${message}`);
  // Auto Scaling does not say who asked.
  const who = message.includes('not authorized to use launch template') ? 'this role or user' : 'assumed-role/turnout';
  if (!next.some((text) => text.startsWith(`Allow \`${action}\` in the IAM policy of ${who}`)))
    wrong.push(`nothing says where to add ${action}: ${next.join(' | ')}`);
  const saysWho =
    /serves production|Production (?:is served by|is as it was|has what it must keep|was not touched)/.test(message) ||
    // In place: of the instances that were worked on.
    /All are registered|is in no target group|is not back/.test(message);
  if (exitCode !== ExitCode.refused && changes > 0 && !saysWho) wrong.push(`it does not say who serves: ${message}`);
  return wrong;
}

/** As an operator would: resume what is unfinished, which may be the undoing; then ask again. */
async function toTheGoal(site: Site, trial: PermissionTrial): Promise<readonly Run[]> {
  const { ask, wish } = trial.one;
  const resumed = await site.run('resume');
  const isDone = codeOf(resumed) === 'done' && missingOf(trial, site.cloud.state) === undefined;
  return isDone ? [resumed] : [resumed, await site.run(ask, wish)];
}
