import { isAbsolute } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { Connection } from '../../aws/session.ts';
import type { Location } from '../../domain/location.ts';
import type { ReleaseAnswer } from '../../domain/snapshot.ts';
import type { Verification } from '../../domain/traffic.ts';
import { count, duration, list } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';
import type { QueueStatus } from '../../stores/store.ts';
import type { AlarmState, Gate } from '../../domain/gates.ts';
import { alarmRefusal } from '../../plan/gates.ts';
import { closedText, type Freeze } from '../../domain/freeze.ts';
import { about, type Finding } from './finding.ts';

/** What is so on this machine, and beside AWS's lists. Pure. */

export interface CredentialsView {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly connection: Connection;
  /** How far this machine's clock is ahead of AWS's. */
  readonly aheadMs: number;
  /** How long the next task takes, as far as that is known. */
  readonly seconds: number;
}

/** AWS refuses what was signed five minutes ago (IAM user guide, SigV4). */
const SKEW_MAX_MS = 60_000;

export function credentialsFindings(view: CredentialsView): readonly Finding[] {
  const { connection, aheadMs } = view;
  const { ok, warning } = about('credentials');
  if (connection.credentials === undefined) return [];
  const off = duration(Math.abs(aheadMs) / 1000);
  return [
    ok(`${connection.credentials}.`),
    ...endFindings(view),
    Math.abs(aheadMs) < SKEW_MAX_MS
      ? ok(aheadMs === 0 ? "The clock is AWS's." : `The clock is ${off} from AWS's.`)
      : warning(
          `This machine's clock is ${off} ${aheadMs > 0 ? 'ahead of' : 'behind'} AWS's.`,
          'Set it: AWS refuses requests with a time that is five minutes off, for example `timedatectl set-ntp true`.',
        ),
  ];
}

function endFindings({ now, connection: { credentialsEndAt }, seconds }: CredentialsView): readonly Finding[] {
  const { ok, warning } = about('credentials');
  if (credentialsEndAt === undefined) return [];
  const left = (credentialsEndAt - now) / 1000;
  if (left > Math.max(seconds, SHORT_S)) return [ok(`They end in ${duration(left)}.`)];
  const needs = seconds === 0 ? '' : `, and \`up\` takes about ${duration(seconds)}`;
  return [warning(`They ${left > 0 ? `end in ${duration(left)}` : 'have ended'}${needs}.`, 'Log in again first.')];
}

/** A switch may take as long. */
const SHORT_S = 600;

export function configFindings(
  { file, environment, account }: Pick<Config, 'file' | 'environment' | 'account'>,
  location: Location | undefined,
): readonly Finding[] {
  const { ok, warning } = about('config');
  const isOpen = account === undefined && location !== undefined && location.endpoint === undefined;
  return [
    ok(`${file}: environment ${environment}.`),
    ...(isOpen
      ? [
          warning(
            'It does not say in which account it is.',
            `\`account: '${location.account}'\` refuses any other one.`,
          ),
        ]
      : []),
  ];
}

export interface StoreView {
  readonly place: string;
  /** What taking the lease led to; it was given back at once. */
  readonly written: 'taken' | QueueStatus | OperatorError;
  /** Why tasks would be refused all the same. */
  readonly problems: readonly OperatorError[];
  /** A run that did not end. */
  readonly unfinished: { readonly says: string; readonly next: readonly string[] } | undefined;
}

export function storeFindings({ place, written, problems, unfinished }: StoreView): readonly Finding[] {
  const { ok, warning, failed } = about('store');
  if (written instanceof OperatorError) return [failed(written)];
  return [
    written === 'taken'
      ? ok(`${place}: the lease was taken and given back.`)
      : ok(
          `${place}: ${written.heldBy ? `${written.heldBy.holder.verb} by ${written.heldBy.holder.who} holds the lease` : `${count(written.queue.length, 'run')} waiting for the lease`}, and it was not given twice.`,
        ),
    ...problems.map(failed),
    ...(unfinished === undefined ? [] : [warning(unfinished.says, ...unfinished.next)]),
  ];
}

/** @param serving the releases that production should answer with */
export function markerFindings(
  verification: Verification,
  answers: readonly ReleaseAnswer[],
  serving: readonly string[],
): readonly Finding[] {
  const { ok, warning, failure } = about('marker');
  if (verification.by === 'nothing')
    return [
      warning('Production is not asked for its release: no switch is proven.', 'Set `release.marker` in the config.'),
    ];
  const { url } = verification;
  const failed = answers.flatMap((answer) => ('failed' in answer ? answer.failed : []));
  if (failed.length > 0)
    return [
      failure(
        `${url} does not tell its release (${count(failed.length, 'answer')} of ${answers.length}): ${failed[0]}.`,
        'Check `release.marker` in the config, and that this machine reaches production.',
      ),
    ];
  const releases = [...new Set(answers.flatMap((answer) => ('release' in answer ? answer.release : [])))].toSorted();
  const others = releases.filter((release) => !serving.includes(release));
  const says = `${url} answers with ${list(releases)}`;
  if (serving.length === 0 || others.length === 0) return [ok(`${says}.`)];
  return [
    warning(
      `${says}, and the fleet in production carries ${list(serving)}.`,
      'Check what the marker reads, and how the servers are tagged: releases must have the same names.',
    ),
  ];
}

/** What judges a release; that an alarm is in ALARM passes by itself. Nothing where the config has none. */
export function gateFindings(
  gates: readonly Gate[],
  alarms: readonly AlarmState[] | OperatorError,
): readonly Finding[] {
  const { ok, failed, refused } = about('gates');
  if (gates.length === 0) return [];
  if (alarms instanceof OperatorError) return [failed(alarms)];
  const [problem] = refused(alarmRefusal(alarms, gates));
  if (problem !== undefined) return [problem.code === 'alarm-active' ? { ...problem, state: 'warning' } : problem];
  const quiet =
    alarms.length === 0 ? '' : ` ${count(alarms.length, 'alarm')} can be read, and none that decides is in ALARM.`;
  return [ok(`${list(gates.map(({ name, kind }) => `${name} (${kind})`))}.${quiet}`)];
}

/** Nothing where the config has none. */
export function freezeFindings(freeze: Freeze): readonly Finding[] {
  const { ok, warning, failure } = about('closed times');
  const closed = closedText(freeze);
  if (freeze.state === 'unreadable')
    return [
      failure(
        closed ?? '',
        'Check `freeze.calendars` in the config, and that `ssm:GetCalendarState` is allowed: until then `promote` is refused.',
      ),
    ];
  if (freeze.state === 'closed') return [warning(closed ?? '', 'Run `promote` and `rolling` when it is over.')];
  if (freeze.state === 'none') return [];
  return [ok(freeze.closes === undefined ? 'Open.' : `Open; the next one begins on ${freeze.closes.words}.`)];
}

/** A program of the config. */
export interface ProgramUse {
  /** For people: `beforeTask`. */
  readonly use: string;
  readonly command: string;
  readonly folder: string;
  readonly found: boolean;
}

export function programFindings(programs: readonly ProgramUse[]): readonly Finding[] {
  const { ok, failure } = about('hooks');
  const missing = programs.filter(({ found }) => !found);
  if (programs.length > 0 && missing.length === 0) return [ok(`${count(programs.length, 'program')} can be run.`)];
  return missing.map(({ use, command, folder }) => {
    const isPath = command.includes('/') || isAbsolute(command);
    return failure(
      `${use}: ${command} is not there, or not executable${isPath ? `, in ${folder}` : ', in any folder of PATH'}.`,
      isPath
        ? `\`chmod +x ${command}\` in ${folder}, or correct its path in the config.`
        : 'Install it, or write its path in the config.',
    );
  });
}

/** A run goes on without its webhooks: what is missing is a warning. Nothing where the config has none. */
export function notifyFindings(webhooks: number, missing: readonly string[]): readonly Finding[] {
  const { ok, warning } = about('notify');
  if (webhooks === 0) return [];
  if (missing.length === 0)
    return [ok(`URLs and tokens of ${count(webhooks, 'webhook')} are there; nothing was sent.`)];
  return missing.map((name) => warning(`The ${name} is not there, or empty.`, 'Set it where turnout runs.'));
}
