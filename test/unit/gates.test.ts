import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CloudWatch } from '../../src/aws/cloudwatch.ts';
import type { MarkerConfig } from '../../src/config/config.ts';
import type { AlarmState } from '../../src/domain/gates.ts';
import { secondsToJudge } from '../../src/domain/bake.ts';
import { judgeProbe } from '../../src/gates/probe.ts';
import type { Sample } from '../../src/probe/seen.ts';
import { ALONE, BOTH, gatesOf, MINUTE, serve, SINCE } from '../support/gates.ts';
import { poll } from '../support/poll.ts';

describe('a command', () => {
  const judge = async (script: string, timeoutMs = 5000) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'turnout-gate-'));
    onTestFinished(async () => rm(folder, { recursive: true }));
    await writeFile(path.join(folder, 'judge.sh'), script);
    const gate = {
      kind: 'command',
      name: 'judge',
      dryRun: false,
      run: ['/bin/sh', 'judge.sh'],
      timeoutMs,
      folder,
    } as const;
    return gatesOf(gate).judge(BOTH);
  };

  test.each([
    ['exit 0', 'pass', 'exit code 0'],
    ['echo all is well; exit 0', 'pass', 'all is well'],
    ['echo p99 is 3 s >&2; exit 1', 'fail', 'p99 is 3 s'],
    ['echo no data; exit 75', 'inconclusive', 'no data'],
    ['exit 3', 'inconclusive', '/bin/sh judge.sh: exit code 3'],
    ['kill -9 $$', 'inconclusive', '/bin/sh judge.sh: ended by SIGKILL'],
  ])('%s: %s', async (script, verdict, why) => {
    expect(await judge(script)).toMatchObject({ verdict, why });
  });

  test('is told what it is about, and has its time', async () => {
    const said = 'echo $TURNOUT_GATE $TURNOUT_RELEASE $TURNOUT_BEFORE $TURNOUT_PERCENT $TURNOUT_SECONDS $TURNOUT_RUN';
    expect(await judge(said)).toMatchObject({ why: 'judge 42 41 50 600 run-7' });
    expect(await judge('sleep 60', 200)).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringContaining('longer than 0.2 s'),
    });
  });

  test('that is not there tells nothing', async () => {
    const gate = {
      kind: 'command',
      name: 'judge',
      dryRun: false,
      run: ['./gone'],
      timeoutMs: 500,
      folder: tmpdir(),
    } as const;
    expect(await gatesOf(gate).judge()).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringContaining('ENOENT'),
    });
  });
});

describe('an alarm', () => {
  test.each([
    ['OK', false, 'pass', 'shop-5xx is OK'],
    ['ALARM', false, 'fail', 'shop-5xx is in ALARM: 3 points'],
    ['INSUFFICIENT_DATA', false, 'inconclusive', 'shop-5xx has insufficient data'],
    ['OK', true, 'inconclusive', 'shop-5xx was evaluated on a part of its data'],
    ['not-found', false, 'inconclusive', 'there is no alarm shop-5xx'],
  ] as const)('%s (partial: %s): %s', async (state, isPartial, verdict, why) => {
    const alarms = async () => [
      { name: 'shop-5xx', state, why: '3 points', needsS: 60, isPartial } satisfies AlarmState,
    ];
    const cloudwatch = async () => ({ alarms, points: async () => new Map() });
    const gate = { kind: 'alarm', name: 'alarm', dryRun: false, alarm: 'shop-5xx' } as const;
    expect(await gatesOf(gate, { cloudwatch }).judge()).toMatchObject({ verdict, why });
  });

  test('that cannot be read is no pass', async () => {
    const gate = { kind: 'alarm', name: 'alarm', dryRun: false, alarm: 'shop-5xx' } as const;
    expect(await gatesOf(gate).judge()).toMatchObject({ verdict: 'inconclusive', why: 'no CloudWatch here' });
  });
});

describe('the metrics of a load balancer', () => {
  type Points = Pick<CloudWatch, 'points'>['points'];
  const METRIC = { kind: 'metric', name: 'errors', dryRun: false, rise: 0.01, max: 0.01 } as const;

  /** One value a minute, by target group and metric; what is asked for is kept. */
  function counting(values: Readonly<Record<string, number>>) {
    const asked: string[] = [];
    const points: Points = async ({ name, dimensions }, statistic, fromMs, toMs) => {
      const group = dimensions['TargetGroup']!.split('/')[1]!;
      asked.push(`${group} ${name} ${statistic} ${(fromMs - SINCE) / 1000} to ${(toMs - SINCE) / 1000}`);
      const all = new Map<number, number>();
      const value = values[`${group} ${name}`];
      for (let at = fromMs; at < toMs; at += MINUTE) if (value !== undefined) all.set(at, value);
      return all;
    };
    return { asked, cloudwatch: async () => ({ points, alarms: async () => [] }) };
  }

  const good = { 'green RequestCount': 600, 'blue RequestCount': 600, 'blue HTTPCode_Target_5XX_Count': 3 };

  test('are of whole minutes that ended two minutes ago, and the same for both sides', async () => {
    const { asked, cloudwatch } = counting({ ...good, 'green HTTPCode_Target_5XX_Count': 3 });
    expect(await gatesOf(METRIC, { cloudwatch }).judge(BOTH)).toMatchObject({
      verdict: 'pass',
      numbers: { requests: 4200, failed: 21, blueRequests: 4200, blueFailed: 21 },
    });
    expect(asked).toContain('green RequestCount Sum 30 to 450');
    expect(asked).toContain('blue HTTPCode_Target_5XX_Count Sum 30 to 450');
  });

  test('fail for errors, also those where no target could be reached', async () => {
    const { cloudwatch } = counting({
      ...good,
      'green HTTPCode_Target_5XX_Count': 10,
      'green TargetConnectionErrorCount': 10,
    });
    expect(await gatesOf(METRIC, { cloudwatch }).judge(BOTH)).toMatchObject({
      verdict: 'fail',
      numbers: { failed: 140 },
    });
    expect(await gatesOf(METRIC, { cloudwatch }).judge(ALONE)).toMatchObject({ verdict: 'fail' });
  });

  test('tell nothing without traffic, or before a minute is settled', async () => {
    expect(await gatesOf(METRIC, counting({})).judge(BOTH)).toMatchObject({ verdict: 'inconclusive' });
    const early = { ...BOTH, now: SINCE + 3 * MINUTE };
    expect(await gatesOf(METRIC, counting(good)).judge(early)).toMatchObject({ why: 'no minute is settled yet' });
  });

  test('compare the latency of both sides', async () => {
    const slow = { 'green TargetResponseTime': 0.5, 'blue TargetResponseTime': 0.2 };
    const latency = { percentile: 99, times: 1.3, over: 3, of: 5 } as const;
    const { asked, cloudwatch } = counting({ ...good, ...slow });
    expect(await gatesOf({ ...METRIC, latency }, { cloudwatch }).judge(BOTH)).toMatchObject({
      verdict: 'fail',
      why: 'slower than 1.3 times the release before in 5 of 5 minutes',
    });
    expect(asked).toContain('green TargetResponseTime p99 30 to 450');
  });
});

describe('the client of the run', () => {
  const GATE = { kind: 'probe', name: 'client', dryRun: false, rise: 0.05, max: 0.05 } as const;
  const samples = (count: number, sample: (n: number) => Partial<Sample>): readonly Sample[] =>
    Array.from({ length: count }, (_, n) => ({ at: SINCE + n * 100, ms: 20, ...sample(n) }));

  test('counts answers by release, also those that failed and named it', () => {
    const bad = samples(3000, (n) =>
      n % 2 ? { release: '41' } : { release: '42', ...(n % 20 === 0 && { failed: 'HTTP 500' }) },
    );
    expect(judgeProbe(GATE, bad, BOTH)).toMatchObject({
      verdict: 'fail',
      numbers: { requests: 1500, failed: 150, blueRequests: 1500, blueFailed: 0 },
    });
    expect(
      judgeProbe(
        GATE,
        samples(3000, (n) => ({ release: n % 2 ? '41' : '42' })),
        BOTH,
      ),
    ).toMatchObject({ verdict: 'pass' });
  });

  test('takes what names no release for nobody, and is not sure then; alone, it is of green', () => {
    const lost = samples(3000, (n) => (n % 10 === 0 ? { failed: 'HTTP 502' } : { release: n % 2 ? '41' : '42' }));
    expect(judgeProbe(GATE, lost, BOTH)).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringContaining('300 requests failed without naming a release'),
    });
    const alone = samples(3000, (n) => (n % 10 === 0 ? { failed: 'HTTP 502' } : { release: '42' }));
    expect(judgeProbe(GATE, alone, ALONE)).toMatchObject({ verdict: 'fail', numbers: { failed: 300 } });
  });

  test.each([10, 50, 100])(
    'with %d %% has seen enough in the time that a plan gives it, whenever it begins',
    (percent) => {
      const seconds = secondsToJudge(GATE, percent, () => 0)!;
      const both = { ...BOTH, percent, seconds };
      // After some seconds of the bake; or, after a crash, in any of them: then it counts from there.
      for (const [beginS, endS] of [0, 4, 9.9]
        .map((s) => [s, seconds])
        .concat([13, 27.5, 61].map((s) => [s, s + seconds]))) {
        const own = samples((endS! - beginS!) * 10, (n) => ({ release: n % (100 / percent) === 0 ? '42' : '41' }));
        const late = own.map((one) => ({ ...one, at: one.at + beginS! * 1000 }));
        const { blue: _, ...alone } = both;
        const occasion = { ...(percent === 100 ? alone : both), now: SINCE + endS! * 1000 };
        expect(judgeProbe(GATE, late, occasion).verdict, `from second ${beginS} to ${endS}`).toBe('pass');
      }
    },
  );

  test('counts nothing of before the bake', () => {
    const before = samples(3000, () => ({ release: '42', failed: 'HTTP 500' })).map((one) => ({
      ...one,
      at: one.at - 10 * MINUTE,
    }));
    expect(judgeProbe(GATE, before, BOTH)).toMatchObject({ verdict: 'inconclusive', numbers: { requests: 0 } });
    expect(judgeProbe(GATE, [], { ...BOTH, now: SINCE + 9000 })).toMatchObject({ why: 'its client has only begun' });
  });

  test('asks production itself, ten times a second, and reads the release of errors', async () => {
    let n = 0;
    const url = await serve((_request, response) => {
      n += 1;
      response.writeHead(n % 4 === 0 ? 500 : 200, { 'x-release': '42' }).end();
    });
    const marker = { url, header: 'x-release', answers: 1, timeoutMs: 1000 } as MarkerConfig;
    const since = Date.now();
    const { judge } = gatesOf({ ...GATE, url }, { marker });
    const now = async () => judge({ ...ALONE, since, now: since + 10_000 });
    await now();
    await poll(async () => ((await now()).numbers['failed'] ?? 0) >= 2, 'two failures', 10_000);
    expect(await now()).toMatchObject({ numbers: { failed: expect.any(Number) } });
  });
});

test('what the machine that goes on does not have cannot be asked', async () => {
  const { port } = gatesOf({ kind: 'alarm', name: 'alarm', dryRun: false, alarm: 'shop-5xx' });
  const gone = { name: 'other', kind: 'command', dryRun: false } as const;
  expect(await port.judge(gone, ALONE)).toEqual({
    verdict: 'inconclusive',
    why: 'the config has no such gate',
    numbers: {},
  });
});
