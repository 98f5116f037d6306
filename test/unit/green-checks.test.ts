import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { promote } from '../../tasks/promote.ts';
import { rollback } from '../../tasks/rollback.ts';
import { up } from '../../tasks/up.ts';
import { withSettings, type GoalOf } from '../../src/domain/goal.ts';
import type { GreenCheck } from '../../src/domain/green-checks.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { checkProblem, createGreen } from '../../src/production/green-checks.ts';
import { behaviourOf, type StepOf } from '../../src/steps/index.ts';
import { blueAndGreen, SPEC } from '../support/fake-world.ts';
import { failureOf, LIMITS, start } from '../support/fake-run.ts';
import { HOME, PLAIN, world } from '../support/worlds.ts';

const CHECK: GreenCheck = {
  through: 'instance',
  url: 'http://{address}:8080/',
  headers: {},
  json: {},
  inARow: 2,
  timeoutMs: 1000,
};
const ROUTED: GreenCheck = { ...CHECK, through: 'route', url: '/' };
const STEP: StepOf<'check-green'> = { do: 'check-green', fleet: 'B', pool: 'test', checks: [CHECK] };

function addressed(snapshot: Snapshot): Snapshot {
  const fleets = snapshot.fleets.map((fleet) => ({
    ...fleet,
    instances: fleet.instances.map((one) => ({ ...one, address: `at-${one.id}` })),
  }));
  return { ...snapshot, fleets };
}

/** A world in which green answers what `answer` says to the nth request of a URL, and what was asked. */
function green(answer: (url: string, n: number) => string) {
  const fake = blueAndGreen();
  fake.set(addressed);
  const asked: string[] = [];
  const ask = async (_check: GreenCheck, url: string) => {
    asked.push(url);
    return answer(url, asked.filter((one) => one === url).length);
  };
  Object.assign(fake.ports, { green: { checks: [CHECK], ask } });
  return { fake, asked };
}

describe('a response', () => {
  const received = { status: 200, headers: { 'x-release': '4.2' }, body: '{"db":{"ready":true},"release":"4.2"}' };
  const problem = (check: Partial<GreenCheck>, seen: Partial<typeof received> = {}) =>
    checkProblem({ ...CHECK, ...check }, { ...received, ...seen }, '4.2');

  test.each<[string, Partial<GreenCheck>, Partial<typeof received>, string | undefined]>([
    ['is right with any status of 200 to 299', {}, { status: 204 }, undefined],
    ['is wrong with an error', {}, { status: 500 }, 'HTTP 500'],
    ['is wrong with a redirect', {}, { status: 302 }, 'HTTP 302'],
    ['has exactly the status that is asked for', { status: 401 }, {}, 'HTTP 200'],
    ['may be one that is not a success', { status: 401 }, { status: 401 }, undefined],
    ['has a header', { headers: { 'X-Release': '{release}' } }, {}, undefined],
    ['lacks a header', { headers: { 'x-warm': 'yes' } }, {}, 'the header x-warm is missing'],
    ['has a value', { json: { 'db.ready': true, release: '{release}' } }, {}, undefined],
    ['has another value', { json: { 'db.ready': 'true' } }, {}, 'the JSON at db.ready is true'],
    ['is not JSON', { json: { ready: true } }, { body: 'ready' }, 'the JSON at ready is missing'],
    ['matches', { pattern: '"release":"{release}"' }, {}, undefined],
    ['does not match', { pattern: '^{release}' }, { body: '4x2' }, String.raw`nothing matches ^4\.2`],
  ])('%s', (_name, check, seen, expected) => {
    expect(problem(check, seen)).toBe(expected);
  });
});

test('each instance answers right so often in a row, and an error begins anew', async () => {
  const { fake, asked } = green((url, n) => (url.includes('B-1') && n === 2 ? 'HTTP 500' : 'ok'));
  const last = await fake.finish(start(fake, [STEP]).done);
  expect(asked.filter((url) => url === 'http://at-B-0:8080/')).toHaveLength(2);
  expect(asked.filter((url) => url === 'http://at-B-1:8080/')).toHaveLength(4);
  expect(behaviourOf(STEP).count(last)).toEqual({ have: 4, want: 4, word: 'right answers', waiting: [] });
});

test('an instance that always fails stops the run before anything of production is touched', async () => {
  const { fake } = green((url) => (url.includes('B-1') ? 'HTTP 500' : 'ok'));
  const mark = { do: 'mark', fleet: 'B', mark: 'promoted', at: '2026-06-01T00:00:00.000Z' } as const;
  const { message, waiting } = await failureOf(fake, start(fake, [STEP, mark]).done);
  expect(message).toMatch(/^Time limit of 60 s passed: check that B is warm: .* \(B-1: HTTP 500\)\.$/);
  expect(waiting).toEqual([{ id: 'B-1', why: 'HTTP 500' }]);
  expect(fake.changes).toEqual([]);
  expect(behaviourOf(STEP).timeLimitMs(LIMITS, 'under way')).toBe(LIMITS.warmMs);
});

test('through the test route, and a route that leads nowhere is not warm', async () => {
  const { fake, asked } = green(() => 'ok');
  const step = { ...STEP, checks: [ROUTED] };
  Object.assign(fake.ports.traffic, { urls: async () => ({}) });
  const { message } = await failureOf(fake, start(fake, [step]).done);
  expect(message).toContain('(the test route: no listener leads to it and to nothing else)');
  Object.assign(fake.ports.traffic, {
    urls: async () => ({ test: ['tcp://nlb:81', 'http://alb:81/'], prod: ['http://alb:81/'] }),
  });
  await fake.finish(start(fake, [step]).done);
  expect(asked, 'not where production is reached').toEqual(['http://nlb:81/', 'http://nlb:81/']);
});

test('an instance that has no address, or that has joined, is not warm; without any there is nothing to check', () => {
  const { fake } = green(() => 'ok');
  const ok = [0, 1].map((n) => ({ check: 0, at: `B-${n}`, streak: 2, last: 'ok' }));
  const seen = (results: typeof ok) => ({ ...fake.now, details: { checked: { fleet: 'B', results } } });
  const step = behaviourOf(STEP);
  expect(step.progress(seen(ok))).toBe('done');
  expect(step.progress(seen(ok.slice(1)))).toBe('under way');
  expect(step.guard(fake.now)).toBeUndefined();
  const alone = { ...fake.now, fleets: fake.now.fleets.filter(({ id }) => id !== 'B') };
  expect(step.progress({ ...alone, details: { checked: { fleet: 'B', results: ok } } })).toBe('under way');
  expect(step.guard(alone)).toBe('No instance of B is left that could be checked.');
});

test('over a connection of its own each time', async () => {
  const sockets = new Set<unknown>();
  const hosts: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    sockets.add(request.socket);
    hosts.push(request.headers.host);
    response.end(`release ${request.url}`);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}/{release}`;
  const port = createGreen([CHECK]);
  const check = { ...CHECK, host: 'shop.example.com', pattern: '/{release}$' };
  expect([await port.ask(check, at, '42'), await port.ask(check, at, '42')]).toEqual(['ok', 'ok']);
  expect(sockets.size).toBe(2);
  expect(hosts[0]).toBe('shop.example.com');
  expect(await port.ask(CHECK, 'http://127.0.0.1:1/', '42')).toContain('ECONNREFUSED');
});

describe('the plan', () => {
  const settings = { ...PLAIN, checks: [CHECK] };
  const asked = { run: 'r1', who: 'ann', since: '2026-06-01T00:00:00.000Z', fleet: 'B', release: 'B' } as const;
  const promotion: GoalOf<'promote'> = { ...asked, verb: 'promote', settings, minimumHealthy: {} };
  const kinds = (plan: ReturnType<typeof promote.plan>) => ('steps' in plan ? plan.steps.map((step) => step.do) : plan);

  test('of a promote checks first of all; a rollback never does', () => {
    const { fake } = green(() => 'ok');
    expect(promote.plan(fake.now, promotion)).toHaveProperty(['steps', 0, 'do'], 'check-green');
    const marker = { by: 'marker', url: 'http://shop/', wanted: 100 } as const;
    const both = promote.plan(fake.now, { ...promotion, settings: { ...settings, verification: marker } });
    expect(kinds(both)).toEqual(expect.arrayContaining(['check-green', 'verify-green']));
    const swapped = world([
      { id: 'A', marks: HOME, members: [{ test: 'healthy' }] },
      { id: 'B', marks: { promoted: asked.since }, members: [{ prod: 'healthy' }] },
    ]);
    const back = rollback.plan(swapped, { ...promotion, verb: 'rollback', fleet: 'A', release: 'A' });
    expect(kinds(back)).not.toContain('check-green');
    expect(kinds(back)).toContain('register');
    expect(kinds(promote.plan(swapped, promotion)), 'what serves is past it').not.toContain('check-green');
  });

  test('of an up ends with them', () => {
    // All that comes before is so in this world.
    const { fake } = green(() => 'ok');
    const goal: GoalOf<'up'> = { ...asked, verb: 'up', spec: SPEC, checks: [CHECK], tellsRelease: true };
    expect(kinds(up.plan(fake.now, goal))).toEqual(['check-green', 'verify-green']);
  });

  test('of a recorded goal uses the checks of today', () => {
    const wrong = { ...promotion, settings: { ...settings, checks: [ROUTED] } };
    expect(withSettings(wrong, settings).settings.checks).toEqual([CHECK]);
    expect(withSettings(wrong, PLAIN).settings).not.toHaveProperty('checks');
    const goal: GoalOf<'up'> = { ...asked, verb: 'up', spec: SPEC };
    expect(withSettings(goal, settings)).toEqual({ ...goal, checks: [CHECK] });
    expect(withSettings(goal, PLAIN)).toBe(goal);
  });
});
