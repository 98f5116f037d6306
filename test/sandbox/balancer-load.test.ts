import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forwardTo } from '../support/elbv2.ts';
import { startLoad, type LoadReport } from '../support/load.ts';
import { poll } from '../support/poll.ts';
import { Stage } from '../support/stage.ts';

const FLIPS = 20;
/** Long enough that some requests are always in flight. */
const SLOW_MS = 200;

let stage: Stage;
let group: string;
let url: string;

beforeEach(async () => {
  stage = new Stage();
  group = await stage.group('production');
  ({ url } = await stage.listen(forwardTo({ [group]: 1 })));
});

afterEach(async () => {
  await stage.close();
});

async function fleet(release: string, size: number, answerMs = 5): Promise<string[]> {
  const ids = Array.from({ length: size }, (_, index) => `i-${release}-${index}`);
  for (const id of ids) await stage.app(id, release, answerMs);
  return ids;
}

/** Requests to these apps. */
function served(ids: readonly string[]): number {
  return ids.reduce((sum, id) => sum + (stage.apps.get(id)?.seen.length ?? 0), 0);
}

function expectNoneLost(report: LoadReport): void {
  const { total, inFlight, failed, rows } = stage.elb.service.traffic();
  expect(rows.filter(({ error }) => error !== '')).toEqual([]);
  expect(report.failures).toEqual([]);
  expect(report.ok).toBe(report.sent);
  expect([total, inFlight, failed]).toEqual([report.sent, 0, 0]);
  // Every instance and every release was used.
  expect(report.bodies.size).toBe(stage.apps.size);
}

describe('under load', () => {
  it(`loses no request over ${FLIPS} changes of membership`, { timeout: 60_000 }, async () => {
    stage.times.propagationMs = 30;
    stage.elb.service.setGroupTimes(group, { deregistrationDelayMs: 2000 });
    let [next, serving] = [await fleet('green', 3), await fleet('blue', 3)];
    await stage.join(group, ...serving);
    const load = startLoad(url, 300);
    for (let flip = 0; flip < FLIPS; flip += 1) {
      await stage.join(group, ...next);
      await stage.deregister(group, ...serving);
      const before = served(next);
      await poll(() => served(next) > before + 10, 'the new ones serve');
      [next, serving] = [serving, next];
    }
    expectNoneLost(await load.end());
  });

  it(
    'loses no request when drained servers are stopped and new ones take their place',
    { timeout: 60_000 },
    async () => {
      stage.times.propagationMs = 30;
      stage.elb.service.setGroupTimes(group, { deregistrationDelayMs: 1000 });
      let serving = await fleet('r0', 2);
      await stage.join(group, ...serving);
      const load = startLoad(url, 200);
      for (let release = 1; release <= 3; release += 1) {
        const next = await fleet(`r${release}`, 2);
        await stage.join(group, ...next);
        await stage.deregister(group, ...serving);
        await poll(async () => (await stage.elb.health(group)).length === next.length, 'the old ones are gone');
        await poll(() => stage.elb.service.inFlight().every(({ id }) => next.includes(id)), 'nothing is left on them');
        for (const id of serving) await stage.apps.get(id)?.kill();
        serving = next;
      }
      expectNoneLost(await load.end());
    },
  );

  it('counts what is lost when servers are stopped without draining', { timeout: 20_000 }, async () => {
    const [first] = await fleet('blue', 2, SLOW_MS);
    await stage.join(group, 'i-blue-0', 'i-blue-1');
    const load = startLoad(url, 300);
    await poll(() => stage.elb.service.traffic().total > 50, 'the load runs');
    await stage.apps.get(first ?? '')?.kill();
    await poll(() => stage.elb.service.traffic().failed > 0, 'requests are lost');
    const report = await load.end();
    expect(report.failures.length).toBeGreaterThan(0);
    expect(stage.elb.service.traffic()).toMatchObject({ total: report.sent, failed: report.failures.length });
  });
});
