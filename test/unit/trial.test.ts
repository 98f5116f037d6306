import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { promote } from '../../tasks/promote.ts';
import type { MarkerConfig } from '../../src/config/config.ts';
import { isRefusal, type GoalOf } from '../../src/domain/goal.ts';
import type { ReleaseAnswer, Snapshot } from '../../src/domain/snapshot.ts';
import type { SwitchSettings } from '../../src/domain/traffic.ts';
import { NO_MARKER } from '../../src/production/production.ts';
import { createProduction } from '../../src/production/index.ts';
import { trialRequests } from '../../src/production/trial.ts';
import { behaviourOf } from '../../src/steps/index.ts';
import { blueAndGreen } from '../support/fake-world.ts';
import { failureOf, PROMOTE, start } from '../support/fake-run.ts';
import { settingsIn, weightedWorld } from '../support/weighted-worlds.ts';
import { HOME, PLAIN, world } from '../support/worlds.ts';

const MARKER = { by: 'marker', url: 'http://shop/', wanted: 100 } as const;
const BLUE = { id: 'A', marks: HOME, members: [{ one: 'healthy', prod: 'healthy' }] } as const;
const GREEN = { id: 'B', marks: {}, members: [{ two: 'healthy', test: 'healthy' }] } as const;

/** Blue serves and green is tested, once for each kind of traffic. */
const WORLDS: readonly (readonly [string, Snapshot, SwitchSettings])[] = [
  world([
    { ...BLUE, members: [{ prod: 'healthy' }] },
    { ...GREEN, members: [{ test: 'healthy' }] },
  ]),
  ...[false, true].map((byName) => {
    const fleets = [
      { ...BLUE, members: [{ one: 'healthy' }] },
      { ...GREEN, members: [{ two: 'healthy' }] },
    ] as const;
    return weightedWorld({ fleets, production: [0], test: 100, byName });
  }),
].map((one) => {
  const settings = one.traffic.kind === 'membership' ? { ...PLAIN, verification: MARKER } : settingsIn(one);
  return [one.traffic.kind, one, settings] as const;
});

function goalOf(settings: SwitchSettings, more: Partial<GoalOf<'promote'>> = {}): GoalOf<'promote'> {
  const asked = { run: 'r1', who: 'ann', since: '2026-06-01T00:00:00.000Z', verb: 'promote' } as const;
  return { ...asked, fleet: 'B', release: 'B', settings, minimumHealthy: {}, ...more };
}

const ASKED = { fleet: 'B', before: 'plan', at: 'http://test/' } as const;
const NAMED = { release: 'A' };
const FAILED = { failed: 'ECONNREFUSED' };

function answering(snapshot: Snapshot, ...answers: readonly ReleaseAnswer[]): Snapshot {
  return { ...snapshot, details: { trial: { ...ASKED, answers, production: NAMED } } };
}

describe.each(WORLDS)('before a promote by %s', (_kind, tested, settings) => {
  const planned = (snapshot: Snapshot, more: Partial<GoalOf<'promote'>> = {}) =>
    promote.plan(snapshot, goalOf(settings, more));

  test('green is asked for its release, and the plan says so first of all', () => {
    expect(promote.readsAlso(tested, settings)).toMatchObject({ trial: { fleet: 'B' } });
    for (const seen of [tested, answering(tested, { release: 'B' })])
      expect(planned(seen)).toHaveProperty(['steps', 0], expect.objectContaining({ do: 'verify-green', release: 'B' }));
  });

  test('a green that answers with another release never gets production', () => {
    const seen = answering(tested, { release: 'B' }, FAILED, { release: '41' });
    for (const allowed of [{}, { unknownRelease: true }]) {
      const no = planned(seen, { allowed });
      expect(no).toMatchObject({ refused: 'wrong-release', message: expect.stringContaining('answers with 41') });
    }
    const step = { do: 'verify-green', fleet: 'B', release: 'B', pool: 'test' } as const;
    expect(behaviourOf(step).cannotSucceed(seen)).toContain('answers with 41, and B is to get production');
    expect(behaviourOf(step).progress(seen)).toBe('under way');
  });

  test('one that cannot be asked is refused, until that is allowed by name', () => {
    const seen = answering(tested, FAILED, FAILED);
    expect(planned(seen)).toMatchObject({
      refused: 'green-not-asked',
      message: expect.stringContaining('http://test/: ECONNREFUSED'),
      next: [expect.stringContaining('release.marker.green'), expect.stringContaining('--allow-unknown-release')],
    });
    const plan = planned(seen, { allowed: { unknownRelease: true } });
    if (isRefusal(plan)) throw new Error(plan.message);
    expect(plan.steps.map((step) => step.do)).not.toContain('verify-green');
    expect(plan.notes.join(' ')).toContain('Green was not asked for its release: http://test/: ECONNREFUSED');
  });

  test('production that does not tell its release is in the plan', () => {
    const { details } = answering(tested, { release: 'B' });
    const silent = { ...tested, details: { trial: { ...details!.trial!, production: FAILED } } };
    const plan = planned(silent);
    expect('notes' in plan && plan.notes.join(' ')).toContain('at http://shop/ now (ECONNREFUSED)');
  });

  test('nothing is asked without a marker', () => {
    const plain = { ...settings, verification: { by: 'nothing' } } as const;
    expect(promote.readsAlso(tested, plain)).not.toHaveProperty('trial');
    const plan = promote.plan(tested, goalOf(plain));
    expect('steps' in plan && plan.steps.map((step) => step.do)).not.toContain('verify-green');
  });

  test('once green serves, production is asked instead', () => {
    const serving = { ...tested, fleets: tested.fleets.map((fleet) => ({ ...fleet })) };
    const pools = serving.pools.map((pool) => ({ ...pool, role: 'production' as const }));
    expect(promote.readsAlso({ ...serving, pools }, settings)).not.toHaveProperty('trial');
  });
});

describe('green is asked', () => {
  const marker: MarkerConfig = { url: 'https://shop.example.com/version?full=1', answers: 100, timeoutMs: 1000 };
  const instances = [{ address: '10.0.0.1' }, {}, { address: '10.0.0.2' }];
  const asked = async (green: Partial<MarkerConfig>, ...routes: readonly string[]) =>
    trialRequests({ ...marker, ...green }, async () => routes, instances);

  test.each([
    [['http://lb.test:8081/'], 'http://lb.test:8081/version?full=1'],
    [['tcp://lb.test:8443/'], 'https://lb.test:8443/version?full=1'],
    [['tls://lb.test:8443/'], 'https://lb.test:8443/version?full=1'],
    [['http://lb.test/', 'https://lb.test/'], 'https://lb.test/version?full=1'],
  ])('at the listener %s, as production is by its clients', async (routes, url) => {
    const { at, requests } = await asked({}, ...routes);
    expect(at).toBe(url);
    expect(requests).toHaveLength(25);
    expect(requests[0]).toEqual({ url, host: 'shop.example.com' });
    expect((await asked({ answers: 3 }, ...routes)).requests).toHaveLength(3);
  });

  test('at each instance, or where the config says', async () => {
    const { requests } = await asked({ green: 'http://{address}:8080/version' });
    expect(requests).toEqual([{ url: 'http://10.0.0.1:8080/version' }, { url: 'http://10.0.0.2:8080/version' }]);
    expect((await asked({ green: 'http://test.example/v', answers: 1 })).requests).toEqual([
      { url: 'http://test.example/v' },
    ]);
  });

  test('as the host of production; what fails once is asked again; what leads nowhere has no answer', async () => {
    const hosts: (string | undefined)[] = [];
    const server = createServer(({ headers }, response) => {
      hosts.push(headers.host);
      response.writeHead(hosts.length === 1 ? 503 : 200).end('{"release":"42"}');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const production = createProduction({ ...marker, url: 'http://127.0.0.1:1/', json: 'release', answers: 2 });
    const trial = await production.askGreen(async () => [at], []);
    expect(trial).toMatchObject({ at, answers: [{ release: '42' }, { release: '42' }] });
    expect(trial.production).toMatchObject({ failed: expect.stringContaining('ECONNREFUSED') });
    expect(hosts).toEqual(['127.0.0.1:1', '127.0.0.1:1', '127.0.0.1:1']);
    expect((await production.askGreen(async () => [], [])).answers).toEqual([
      { failed: 'no listener leads to it and to nothing else' },
    ]);
    const denied = await production.askGreen(async () => Promise.reject(new Error('AccessDenied')), []);
    expect(denied).toMatchObject({ at: 'the test route', answers: [{ failed: 'AccessDenied' }] });
  });
});

test('a green that has become another one since the plan stops the run before anything of production is touched', async () => {
  const fake = blueAndGreen();
  const asked = async (release: string) => ({ at: 'http://test/', answers: [{ release }], production: NAMED });
  const looks = { n: 0 };
  const askGreen = async () => {
    looks.n += 1;
    return asked(looks.n < 3 ? 'B' : '41');
  };
  Object.assign(fake.ports, { production: { ...NO_MARKER, askGreen } });
  const step = { do: 'verify-green', fleet: 'B', release: 'B', pool: 'test' } as const;
  await fake.finish(start(fake, [step]).done);
  // What was right a moment ago, or before the plan, does not count.
  looks.n = 3;
  const { message } = await failureOf(fake, start(fake, [step, ...PROMOTE]).done);
  expect(message).toBe('http://test/ answers with 41, and B is to get production.');
  expect(fake.changes).toEqual([]);
});
