import { ExitCode } from '../../src/errors.ts';
import { isChange } from '../support/little/api.ts';
import type { Kind } from '../support/little/kinds.ts';
import type { Call, Calls } from '../support/little/process.ts';
import type { Scene } from '../support/little/scene.ts';
import { Site, type Ask, type Run } from '../support/little/site.ts';
import { isServing, isUp, living, production, type Box, type State } from '../support/little/state.ts';
import { tellRun } from '../support/little/story.ts';
import { fleetOf, shownFleet } from '../support/little/rules.ts';
import type { AnyOptions } from '../../tasks/index.ts';
import { IS_WHOLE } from '../support/sampled.ts';
import { possibleOn, type Case } from './cases.ts';
import { codeOf, refusedWell } from './outcome.ts';
import { rolesOf, type Aftermath, type Turn } from './turns.ts';

/** How long the run is kept waiting at the call after which the world turns bad. */
export const DELAYS = ['waits 3 min', 'throttled', 'throttled 30 s'] as const;
type Delay = (typeof DELAYS)[number] | 'none';

const WAIT_MS = 180_000;
/** The last look, and what is said of it, took no longer. */
const LOOK_MS = 6000;
const CALM_MS = 180_000;
/** No run takes longer. */
const LONGEST_MS = 3_600_000;

/** A task in a world where it makes sense, or after another run. */
export interface Plot extends Omit<Case, 'ask' | 'opposite'> {
  readonly ask: Ask;
  readonly first?: { readonly ask: Ask; readonly wish: AnyOptions; readonly calls?: Calls };
}

export interface Stage {
  readonly kind: Kind;
  readonly scene: Scene;
  readonly plot: Plot;
}

export interface TurnTrial extends Stage {
  /** The call; with a delay it is a change that is delayed, without one the world turns as its answer comes back. */
  readonly n: number;
  readonly delay: Delay;
  readonly turn: Turn;
}

export interface Turned {
  readonly wrong: readonly string[];
  readonly runs: number;
  story(): string;
}

const IN_PLACE: ReadonlySet<Ask> = new Set(['rolling', 'deploy', 'drain', 'join']);

async function open({ kind, scene, plot: { ask, first } }: Stage): Promise<Site> {
  const isInPlace = IN_PLACE.has(ask);
  const site = new Site(scene, { kind, stores: 2, ...(isInPlace && { deploys: 'lasting' }) });
  // Which zone has nobody for a while is a matter of chance.
  if (isInPlace) site.watch.acceptedMinimum = 0;
  if (first !== undefined) await site.run(first.ask, first.wish, first.calls);
  return site;
}

/** The calls that the task makes in fine weather. */
export async function callsOf(stage: Stage): Promise<readonly Call[]> {
  const { ask, wish } = stage.plot;
  return (await (await open(stage)).run(ask, wish)).process.calls;
}

/** Numbers of those that change something. */
export function changesIn(calls: readonly Call[]): readonly number[] {
  return calls.filter(({ name }) => isChange(name)).map(({ n }) => n);
}

function disturbance({ n, delay }: TurnTrial, act: () => void): Calls {
  if (delay === 'none') return { meanwhile: { n, act } };
  if (delay === 'waits 3 min') return { meanwhile: { n: n - 1, act }, pause: { n: n - 1, ms: WAIT_MS } };
  return { meanwhile: { n, act }, fault: { n, kind: delay } };
}

/** What was wrong about the run during which the world turned bad, and about what could be done then. */
export async function tryTurn(trial: TurnTrial): Promise<Turned> {
  const { scene, plot, turn } = trial;
  const site = await open(trial);
  const turned = { at: Number.NEGATIVE_INFINITY, before: site.cloud.state, after: {} as Aftermath };
  const act = (): void => {
    turned.at = site.clock.now;
    turned.before = site.cloud.state;
    const doIt = (): void => void (turned.after = turn.act(site, rolesOf(scene)) ?? {});
    if (turn.byHand) site.watch.byHand(doIt);
    else doIt();
  };
  const runs = [await site.run(plot.ask, plot.wish, disturbance(trial, act))];
  // What came about during its last look it need not have seen; and others may be at work.
  const isLate = site.clock.now - turned.at < LOOK_MS;
  const { repair, going, takesOver = false } = turned.after;
  const wrong = [
    ...untrue(runs[0]!, isLate ? [site.cloud.state, turned.before] : [site.cloud.state], going !== undefined),
  ];
  if (going !== undefined) await site.clock.until(() => going.run !== undefined, LONGEST_MS);
  if (going?.run !== undefined) runs.push(going.run);
  if (repair !== undefined) site.watch.byHand(repair);
  await site.clock.pass(CALM_MS);
  wrong.push(...(await goOn(site, runs, takesOver, IN_PLACE.has(plot.ask))), ...site.watch.broken);
  const title = `${plot.ask}: call ${trial.n} (${trial.delay}); meanwhile ${turn.name}`;
  return {
    wrong: wrong.map((what) => `${title}: ${what}`),
    runs: runs.length,
    story: () => [title, ...runs.map(tellRun)].join('\n\n'),
  };
}

/** What is untrue of what a run said, in all of these states. */
function untrue(run: Run, states: readonly State[], isDisturbed = false): readonly string[] {
  if (isDisturbed) return run.ended.how === 'fault' ? [codeOf(run)] : [];
  const all = states.map((state) => lies(run, state));
  return all.some((found) => found.length === 0) ? [] : (all[0] ?? []);
}

/** They say nothing of who serves. */
const IDLE: ReadonlySet<Ask> = new Set(['up', 'adopt', 'abandon', 'unlock']);

function lies(run: Run, state: State): readonly string[] {
  const { ended, ask } = run;
  if (ended.how === 'fault') return [codeOf(run)];
  if (ended.how === 'killed') return ['it died'];
  if (ended.exitCode === ExitCode.fault) return [`a fault of ours: ${ended.message}`];
  if (ended.exitCode === ExitCode.refused) return refusedWell(run);
  const wrong: string[] = [];
  if (/production is as it was/i.test(ended.message) && emptyGroups(state).length > 0)
    wrong.push(`it says that production is as it was, and nothing is healthy there`);
  const isMixed = ended.message.includes('The fleet is mixed');
  const [, said] = /(\S+) serves production/.exec(ended.message) ?? [];
  // `What serves production now could not be read.`
  const alone = isMixed || said === 'What' ? undefined : said;
  const now = releasesIn(state);
  const empty = emptyGroups(state);
  if (alone !== undefined && (now.join() !== alone || empty.length > 0))
    wrong.push(
      `it says that ${alone} serves production; it is ${now.join(' and ') || 'nothing'}; nothing healthy in "${empty.join()}" (${ended.code}: ${ended.message})`,
    );
  if (ended.exitCode === ExitCode.done && !IDLE.has(ask)) {
    if (empty.length > 0 && !/has 0 healthy|is the current fleet/.test(ended.message))
      wrong.push(`it says done, and nothing is healthy in ${empty.join()} (${ended.message})`);
  }
  return wrong;
}

/** Of those that live. */
function releasesIn(state: State): readonly string[] {
  const ids = production(state).flatMap(({ members }) =>
    [...members.values()].filter(({ health }) => health !== 'draining').map(({ id }) => id),
  );
  const boxes = ids.flatMap((id) => state.boxes.get(id) ?? []).filter(isUp);
  return [...new Set(boxes.map(({ tags }) => tags['turnout:release'] ?? '?'))];
}

function emptyGroups(state: State): readonly string[] {
  const groups = production(state);
  if (groups.length === 0) return ['production'];
  const dead = groups.filter(({ members }) => ![...members.values()].some((member) => isServing(state, member)));
  return dead.map(({ name }) => name);
}

/** What leads on, the least that it may cost first. */
const WAYS: readonly (readonly [Ask, AnyOptions])[] = [
  ['rollback', {}],
  ['promote', {}],
  ['promote', { to: 100 }],
  ['rollback', { minHealthy: { count: 1 } }],
  ['promote', { minHealthy: { count: 1 } }],
  ['promote', { to: 100, minHealthy: { count: 1 } }],
  ['cleanup', { wait: true }],
  ['cleanup', { wait: true, discard: true }],
  ['cleanup', { wait: true, discard: true, minHealthy: { count: 1 } }],
  ['adopt', { release: '41' }],
  ['up', { release: '43', count: 3 }],
];

/** As an operator would: what is unfinished is resumed, then one of the ways on leads to its end; then production has somebody. */
async function goOn(site: Site, runs: Run[], takesOver: boolean, isInPlace: boolean): Promise<readonly string[]> {
  const wrong: string[] = [];
  const run = async (ask: Ask, options: AnyOptions = {}): Promise<boolean> => {
    if ('minHealthy' in options) site.watch.acceptedMinimum = 1;
    const next = await site.run(ask, takesOver ? { ...options, takeOver: true } : options);
    runs.push(next);
    wrong.push(...untrue(next, [site.cloud.state]).map((what) => `then ${ask}: ${what}`));
    return codeOf(next) === 'done' && next.changes > 0;
  };
  if (site.store.goal !== undefined) await run('resume');
  if (site.store.goal !== undefined) await run('abandon');
  if (!isAlive(site.cloud.state)) return wrong;
  for (const way of isInPlace ? [...backIn(site.cloud.state), ...WAYS, ...ANEW] : WAYS) {
    takeOutUnmanaged(site);
    const isDone = await run(...way);
    if (!isDone && site.store.goal !== undefined) await run('abandon');
    if (!isDone) continue;
    const empty = emptyGroups(site.cloud.state);
    return [...wrong, ...empty.map((name) => `then ${way[0]} is done, and nothing is healthy in ${name}`)];
  }
  const said = runs
    .slice(-WAYS.length)
    .map(({ ask, ended }) => `${ask}: ${ended.how === 'ended' ? ended.message : ''}`);
  return [...wrong, `no verb works:\n  ${said.join('\n  ')}`];
}

/** Where servers stay, there may be nothing to do but to deploy once more. */
const ANEW: typeof WAYS = [['rolling', { release: '43' }]];

/** What was taken out of traffic is put back, but for that with a deploy that has not ended. */
function backIn(state: State): typeof WAYS {
  const isWhole = ({ tags }: Box): boolean => tags['turnout:deploy']?.endsWith(' started') !== true;
  const noted = living(state).filter((box) => box.tags['turnout:left'] !== undefined && isWhole(box));
  const out = noted.filter((box) => box.state === 'running');
  return out.length === 0 ? [] : [['join', { instances: out.map(({ id }) => id) }]];
}

/** A fleet of ours runs, and its app works. */
function isAlive(state: State): boolean {
  return living(state).some((box) => shownFleet(state, box) !== undefined && box.fit && box.state === 'running');
}

/** What refusals ask for, where something of ours serves beside them. */
function takeOutUnmanaged({ cloud, watch }: Site): void {
  const { state } = cloud;
  const isOurs = (id: string): boolean => id === BYSTANDER || fleetOf(state.boxes.get(id)!) !== undefined;
  const serving = production(state).flatMap(({ members }) => [...members.values()]);
  if (!serving.some((member) => isServing(state, member) && isOurs(member.id))) return;
  for (const { name, members } of state.groups.values())
    for (const id of members.keys()) if (!isOurs(id)) watch.byHand(() => cloud.deregister(name, id));
}

/** Somebody tries it by hand, in the test group of every scene. */
const BYSTANDER = 'i-hand';

const ONE = { instances: ['i-blue-1'] };
/** What works on servers that stay is the same however traffic is moved: for the other kinds `npm run test:whole` has it. */
const PLACED: readonly Plot[] = [
  { start: 'blue', ask: 'rolling', wish: { release: '42' } },
  { start: 'blue', ask: 'drain', wish: ONE },
  { start: 'blue', ask: 'join', wish: ONE, first: { ask: 'drain', wish: ONE } },
];

/** Those that make sense where traffic is moved that way. */
export function plotsOf(kind: Kind): readonly { readonly name: string; readonly plot: Plot }[] {
  const isPlaced = kind.fleet !== 'auto-scaling' && (kind.traffic === 'target-groups' || IS_WHOLE);
  const plots: readonly Plot[] = [...possibleOn(kind), ...(isPlaced ? PLACED : [])];
  return plots.map((plot) => ({
    name: `${plot.ask} ${JSON.stringify(plot.wish)} in the world "${plot.start}"${plot.draining ? ', draining' : ''}`,
    plot,
  }));
}
