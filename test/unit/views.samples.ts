import { ALONE, PLAIN } from '../support/worlds.ts';
import { PassThrough } from 'node:stream';
import type { Clock } from '../../src/clock.ts';
import type { Instance, Pool, Snapshot, Target } from '../../src/domain/snapshot.ts';
import type { PlannedStep, RunEvent } from '../../src/run/event.ts';
import type { StatusReport } from '../../src/views/status.ts';
import { AT, samples, step, type Sample } from '../../tools/docs/samples.ts';

const POOL = 'shop-production';

export const steps: readonly PlannedStep[] = [
  step,
  {
    ...step,
    do: 'await-healthy',
    title: 'wait until 3 instances of 42 are healthy in shop-production',
    seconds: 10,
    healthyAfter: { [POOL]: 6 },
  },
  {
    ...step,
    do: 'deregister',
    title: 'deregister 3 instances of 41 from shop-production',
    fleet: 'f-41',
    instances: ['i-01', 'i-02', 'i-03'],
  },
];

export const plan: Sample<'planned'> = { ...samples.planned, steps, seconds: 12 };

export const waiting = (have: number, why = 'initial, first health check within 5 s'): RunEvent => ({
  type: 'step-waiting',
  index: 1,
  have,
  want: 3,
  word: 'healthy',
  waiting: ['i-0a', 'i-0b', 'i-0c'].slice(have).map((id) => ({ id, why })),
});

/** A promote that goes well. */
export const story: readonly RunEvent[] = [
  samples.started,
  plan,
  { type: 'step-started', index: 0, title: steps[0]!.title },
  { type: 'step-done', index: 0, seconds: 0.8, already: false },
  { type: 'step-started', index: 1, title: steps[1]!.title },
  waiting(0),
  waiting(2),
  samples.warning,
  waiting(3),
  { type: 'step-done', index: 1, seconds: 6.2, already: false },
  { type: 'step-started', index: 2, title: steps[2]!.title },
  { type: 'step-done', index: 2, seconds: 0.1, already: true },
  samples.finished,
];

/** A stream that keeps what is written to it; with `columns` it looks like a terminal. */
export function fakeStream(
  columns?: number,
  rows = 24,
): PassThrough & { text(): string; isTTY?: boolean; columns?: number } {
  const stream = new PassThrough();
  const chunks: string[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  const terminal = columns === undefined ? {} : { isTTY: true, columns, rows };
  return Object.assign(stream, { text: () => chunks.join(''), ...terminal });
}

const instance = (id: string, zone: string, launchedAt: number): Instance => ({
  id,
  zone,
  state: 'running',
  launchedAt,
});

export const pool = (change: Partial<Pool> = {}): Pool => ({
  name: POOL,
  arn: `arn:${POOL}`,
  role: 'production',
  port: 8080,
  intervalS: 5,
  timeoutS: 2,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
  deregistrationDelayS: 300,
  urls: ['http://shop.example'],
  targets: [],
  ...change,
});

export const target = (id: string, state: Target['state'], reason?: string, description?: string): Target => ({
  id,
  port: 8080,
  state,
  ...(reason === undefined ? {} : { reason }),
  ...(description === undefined ? {} : { description }),
});

const ZONES = ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] as const;
const DAY_MS = 86_400_000;

/** A world after a promote of 42: 41 is parked. `size` instances a fleet. */
export function promoted(size = 3): Snapshot {
  const ids = (prefix: string): string[] =>
    Array.from({ length: size }, (_, i) => `i-0${prefix}${String(i).padStart(4, '0')}`);
  const fleet = (release: string, prefix: string, ageMs: number) => ({
    id: `f-${release}`,
    release,
    instances: ids(prefix).map((id, i) => instance(id, ZONES[i % 3]!, AT - ageMs)),
  });
  return {
    at: AT,
    fleets: [
      { ...fleet('41', 'a', 2 * DAY_MS), marks: { current: '2026-11-20T02:00:00Z' } },
      { ...fleet('42', 'b', 9 * 60_000), marks: { promoted: '2026-11-22T02:09:00Z' } },
    ],
    unmanaged: [],
    unreadable: [],
    traffic: { kind: 'membership' },
    outside: ALONE,
    answers: { state: 'no-marker' },
    pools: [
      pool({
        targets: [
          ...ids('a').map((id) => target(id, 'draining', 'Target.DeregistrationInProgress')),
          ...ids('b').map((id, i) =>
            i % 500 === 2
              ? target(id, 'unhealthy', 'Target.ResponseCodeMismatch', 'Health checks failed with these codes: [503]')
              : target(id, 'healthy'),
          ),
        ],
      }),
      pool({
        name: 'shop-test',
        role: 'test',
        urls: ['http://test.shop.example'],
        targets: ids('a').map((id) => target(id, 'healthy')),
      }),
    ],
  };
}

export function report(size = 3): StatusReport {
  return {
    environment: 'production',
    snapshot: promoted(size),
    choices: ['resume', 'rollback', 'abandon'],
    goal: {
      goal: {
        run: '7f3a9c',
        who: 'alice@ci',
        since: '2026-11-22T01:50:00Z',
        verb: 'promote',
        fleet: 'f-42',
        release: '42',
        minimumHealthy: {},
        settings: PLAIN,
      },
      stepsDone: 2,
      stepsAll: 4,
      updatedAt: '2026-11-22T01:58:31Z',
    },
    verbs: [
      {
        verb: 'up',
        accepted: false,
        why: '41 is parked for a rollback: `turnout cleanup` or `turnout rollback` comes first.',
      },
      { verb: 'promote', accepted: true, why: 'goes on with 42' },
      { verb: 'rollback', accepted: true, why: 'moves production back to 41' },
      { verb: 'cleanup', accepted: false, why: 'only 2 of 3 instances of 42 are healthy in shop-production.' },
    ],
    unreadable: [],
    rollback: { ready: true, seconds: 8, why: '41 (parked, 3 instances), about 8 s' },
    last: {
      run: '7f3a9c',
      verb: 'promote',
      release: '42',
      who: 'alice@ci',
      host: 'ci',
      since: '2026-11-22T01:50:00Z',
      until: '2026-11-22T01:58:31Z',
      outcome: 'interrupted',
      message: 'Stopped by SIGTERM before the next change.',
      awsRequests: 20,
    },
  };
}

/** A clock that stands still until it is advanced. */
export function standingClock(): Clock & { advance(ms: number): void } {
  let ms = 0;
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  return {
    now: () => AT + ms,
    monotonic: () => ms,
    sleep: (forMs, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { until: ms + forMs, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(new Error('aborted'));
        });
      }),
    advance: (byMs) => {
      ms += byMs;
      for (const sleeper of [...sleepers].filter(({ until }) => until <= ms)) {
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}
