import { shell } from '../domain/shell.ts';
import { requestsToJudge, secondsToJudge } from '../domain/bake.ts';
import { activeAlarm, type AlarmState, type Gate } from '../domain/gates.ts';
import { isRefusal, refusal, type GoalOf, type Refusal } from '../domain/goal.ts';
import { configuredPools, servingFleets } from '../domain/roles.ts';
import { percentText } from '../domain/shares.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
import { count, duration, list } from '../domain/text.ts';
import type { SwitchSettings } from '../domain/traffic.ts';
import type { Reads } from '../observe/reads.ts';
import { movesProduction } from '../steps/definition.ts';
import { effectsOf } from './effects.ts';
import type { Plan } from './plan.ts';
import { alarmTimes, bakesOf, gatingOf, type PlannedBake } from './traffic/bakes.ts';

/** Gates, before production moves: whether they can judge anything at all, and in the time that they are given. */

type Promotion = Pick<GoalOf<'promote'>, 'settings' | 'stages' | 'bakeS' | 'allowed'>;

/** Short enough for an operator who waits, long enough for an error to show. */
const BAKE_S = 60;

/** Names of alarms that are read before it is planned. */
export function gateReads({ gating }: Pick<SwitchSettings, 'gating'>): Pick<Reads, 'alarms'> {
  const alarms = (gating?.gates ?? []).flatMap((gate) => (gate.kind === 'alarm' ? gate.alarm : []));
  return alarms.length === 0 ? {} : { alarms };
}

/** How long the last bake is: as asked for, or configured, or as long as its gates need. */
export function bakeTime(snapshot: Snapshot, goal: Promotion, asked: number | undefined): Pick<Promotion, 'bakeS'> {
  const { gates, bakeS = asked } = gatingOf({ ...goal, prepares: true });
  const wanted = asked ?? bakeS;
  if (wanted !== undefined) return { bakeS: wanted };
  const percent = goal.stages?.shares.at(-1) ?? 100;
  const needs = gates.flatMap((gate) => secondsToJudge(gate, percent, alarmTimes(snapshot)) ?? []);
  return needs.length === 0 ? {} : { bakeS: Math.max(BAKE_S, ...needs) };
}

/** Why the gates of the config could not do what they are there for. Not asked any more once the fleet has a share. */
export function gatesProblem(snapshot: Snapshot, to: Fleet, goal: Promotion): Refusal | undefined {
  if (servingFleets(snapshot).includes(to)) return undefined;
  const change = { ...goal, prepares: true };
  const bakes = bakesOf(change);
  return (
    alarmProblem(snapshot, goal) ??
    metricProblem(snapshot, gatingOf(change).gates) ??
    neverJudged(gatingOf(change).gates, bakes) ??
    bakes.map((bake) => tooShort(snapshot, goal, bake)).find((one) => one !== undefined)
  );
}

/** Alarms that may stop the release. */
function judgingAlarms(goal: Promotion): readonly string[] {
  return stoppingAlarms(gatingOf({ ...goal, prepares: true }).gates);
}

function stoppingAlarms(gates: readonly Gate[]): readonly string[] {
  return gates.flatMap((gate) => (gate.kind === 'alarm' && !gate.dryRun ? gate.alarm : []));
}

/** The plan, of which the first change of what serves asks again whether an alarm is in ALARM. */
export function heedAlarms(snapshot: Snapshot, to: Fleet, goal: Promotion, plan: Plan | Refusal): Plan | Refusal {
  const heedsAlarms = judgingAlarms(goal);
  if (isRefusal(plan) || heedsAlarms.length === 0 || servingFleets(snapshot).includes(to)) return plan;
  const first = effectsOf(snapshot, plan).findIndex(movesProduction);
  return { ...plan, steps: plan.steps.map((step, n) => (n === first ? { ...step, heedsAlarms } : step)) };
}

function alarmProblem({ details }: Snapshot, goal: Promotion): Refusal | undefined {
  return alarmRefusal(details?.alarms ?? [], gatingOf({ ...goal, prepares: true }).gates);
}

/** An alarm of a gate is not there, or says before anything has moved that something is wrong. */
export function alarmRefusal(alarms: readonly AlarmState[], gates: readonly Gate[]): Refusal | undefined {
  const judging = stoppingAlarms(gates);
  const missing = alarms.find(({ name, state }) => state === 'not-found' && judging.includes(name));
  if (missing !== undefined)
    return refusal(
      'no-such-alarm',
      `The gates name the alarm ${missing.name}, and CloudWatch has none of that name here.`,
      'Correct `alarm` under `gates` in the config, or create the alarm.',
      `\`${shell`turnout promote --ignore-alarm ${missing.name}`}\` goes on without it.`,
    );
  const active = activeAlarm(alarms, judging);
  if (active === undefined) return undefined;
  return refusal(
    'alarm-active',
    `The alarm ${active.name} is in ALARM before production has moved, so it could not say anything about the new release. ${active.why}`,
    'Find out what is wrong now; then run this again.',
    `\`${shell`turnout promote --ignore-alarm ${active.name}`}\` goes on without it.`,
  );
}

/** Network load balancers count no answers. */
function metricProblem(snapshot: Snapshot, gates: readonly Gate[]): Refusal | undefined {
  const gate = gates.find(({ kind }) => kind === 'metric');
  const pool = configuredPools(snapshot).find(({ loadBalancers = [] }) =>
    loadBalancers.some((arn) => arn.includes(':loadbalancer/net/')),
  );
  if (gate === undefined || pool === undefined) return undefined;
  return refusal(
    'gate-no-metrics',
    `The gate ${gate.name} needs the responses that a load balancer counts, and ${pool.name} is behind a Network Load Balancer, which counts connections.`,
    'Use a gate of kind probe, alarm, prometheus or command instead.',
  );
}

function neverJudged(gates: readonly Gate[], bakes: readonly PlannedBake[]): Refusal | undefined {
  const gate = gates.find(({ name }) => bakes.every((bake) => bake.gates.every((one) => one.name !== name)));
  if (gate === undefined) return undefined;
  return refusal(
    'gate-never-judged',
    `The gate ${gate.name} compares green with blue, and this switch has no step in which both serve: it would never judge.`,
    `Give it \`max\` in the config, the share of failed requests that is allowed once green serves alone.`,
    'Or move traffic by weights in steps: `turnout promote --steps 10,50,100`.',
  );
}

function tooShort(
  snapshot: Snapshot,
  { stages }: Promotion,
  { percent, seconds, isLast, gates }: PlannedBake,
): Refusal | undefined {
  const needs = gates.map(({ name }, index) => {
    return { name, needs: secondsToJudge(gates[index]!, percent, alarmTimes(snapshot)) ?? 0 };
  });
  const [slowest] = needs.toSorted((a, b) => b.needs - a.needs);
  if (slowest === undefined || slowest.needs <= seconds) return undefined;
  const steps = stages === undefined ? [] : [`--steps ${stages.shares.join(',')}`];
  const every = isLast && stages !== undefined && stages.everyS > 0 ? [`--every ${stages.everyS}s`] : [];
  const flags = [...steps, ...every, `${isLast ? '--bake' : '--every'} ${slowest.needs}s`].join(' ');
  return refusal(
    'gate-too-slow',
    `The gate ${slowest.name} needs ${duration(slowest.needs)} until it can judge green with ${percentText(percent)} of production, and ${duration(seconds)} is too short for it.`,
    `\`turnout promote ${flags}\` is long enough for all gates.`,
    ...(percent < 100 ? ['Or begin with a greater share: there are more requests then.'] : []),
  );
}

/** What is worth knowing of them before production moves. */
export function gateNotes(snapshot: Snapshot, goal: Promotion): readonly string[] {
  const change = { ...goal, prepares: true };
  const bakes = bakesOf(change).map(({ percent, seconds, gates }) => {
    const each = gates.map((gate) => {
      const afterS = secondsToJudge(gate, percent, alarmTimes(snapshot)) ?? 0;
      const requests = requestsToJudge(gate, percent);
      const needs = [
        ...(afterS === 0 ? [] : [`after ${duration(afterS)}`]),
        ...(requests === undefined ? [] : [`${count(requests, 'request')} to green or more`]),
      ];
      return `${gate.name} (${[gate.kind, ...(gate.dryRun ? ['dry run'] : []), needs.join(' and ') || 'at once'].join(', ')})`;
    });
    const judges = each.length === 0 ? 'health alone' : list(each, 8);
    return `With ${percentText(percent)} it bakes for ${duration(seconds)}, judged by ${judges}.`;
  });
  const counts = gatingOf(change).gates.some(({ kind }) => kind === 'probe' || kind === 'metric');
  const more = 'Where blue fails some requests too, more are needed: with fewer, the verdict is inconclusive.';
  const ignored = (goal.allowed?.alarms ?? []).map((name) => `The alarm ${name} is ignored, as asked for.`);
  return [...bakes, ...(counts && bakes.length > 0 ? [more] : []), ...ignored];
}
