import { describe, expect, test } from 'vitest';
import type { Approval, ApprovalDecision } from '../../src/domain/approval.ts';
import { readApproval } from '../../src/stores/records.ts';
import { Rig } from '../support/fake-run-task.ts';
import { weightedRig } from '../support/weighted-rig.ts';

const LIMIT_S = 600;
const TERMS = { shares: [], limitS: LIMIT_S, onTimeout: 'back', from: 'the shop team' } as const;

/** Decides on each approval that is asked for, a minute later. */
function decideLater(rig: Rig, kind: ApprovalDecision['kind'], reason?: string): void {
  rig.onEvent = (event) => {
    if (event.type !== 'step-waiting' || event.word !== 'approvals') return;
    const { asked } = rig.store;
    const now = rig.fake.clock.now();
    if (asked === undefined || asked.decision !== undefined || now < Date.parse(asked.since) + 60_000) return;
    const at = new Date(now).toISOString();
    void rig.store.decideApproval(asked, { kind, who: 'bob@desk', at, ...(reason !== undefined && { reason }) });
  };
}

const moves = (rig: Rig): readonly string[] => rig.log.filter((what) => /register prod|weigh|approval/.test(what));

describe('a promote that has to be approved', () => {
  test('waits with the lease before all else, goes on once it is, and notes that it was used', async () => {
    const rig = new Rig();
    decideLater(rig, 'approved');
    const doings: (string | undefined)[] = [];
    const before = rig.onEvent;
    rig.onEvent = (event) => {
      if (event.type === 'step-waiting' && event.word === 'approvals') doings.push(rig.store.lease?.doing);
      before(event);
    };
    const ended = await rig.run('promote', { approve: true });
    expect(ended).toMatchObject({ result: 'done' });
    expect(doings[0]).toMatch(/^wait for approval of B \(100 % of production\) by anyone, for 24 h at most/);
    expect(rig.log.slice(2, 8)).toEqual([
      'goal 0/8',
      'approval 100',
      'goal 1/8',
      'mark B promoted',
      'goal 2/8',
      'register prod B-0 B-1',
    ]);
    expect(moves(rig)).toEqual([
      'approval 100',
      'register prod B-0 B-1',
      'approval 100 spent',
      'deregister prod A-0 A-1',
    ]);
  });

  test('does not wait otherwise', async () => {
    const rig = new Rig();
    expect(await rig.run('promote')).toMatchObject({ result: 'done' });
    expect(rig.store.asked).toBeUndefined();
  });

  test('goes back when it is rejected, and says by whom and why', async () => {
    const rig = new Rig();
    rig.terms = TERMS;
    decideLater(rig, 'rejected', 'not on a Friday');
    const ended = await rig.run('promote');
    expect(ended).toMatchObject({ result: 'undone', exitCode: 3 });
    expect(ended.message).toMatch(
      /^B \(100 % of production\) was rejected by bob@desk: not on a Friday\. It was undone\. A serves production/,
    );
    expect(moves(rig)).toEqual(['approval 100']);
  });

  test('goes back when the time limit passes', async () => {
    const rig = new Rig();
    rig.terms = TERMS;
    const ended = await rig.run('promote');
    expect(ended.message).toMatch(/^B \(100 % of production\) was not approved within 10 min\./);
    expect(ended.seconds - LIMIT_S).toBeGreaterThanOrEqual(0);
    expect(ended.seconds - LIMIT_S).toBeLessThan(60);
    expect(moves(rig)).toEqual(['approval 100']);
  });

  test('goes on when it passes, where the config says so', async () => {
    const rig = new Rig();
    rig.terms = { ...TERMS, onTimeout: 'go' };
    expect(await rig.run('promote')).toMatchObject({ result: 'done' });
  });

  test('has what it relies on asked again after the wait', async () => {
    const rig = new Rig();
    decideLater(rig, 'approved');
    const before = rig.onEvent;
    rig.onEvent = (event) => {
      before(event);
      if (event.type === 'step-waiting' && event.word === 'approvals') {
        rig.fake.target('test', 'B-0', 'unhealthy', 'Target.Timeout');
        rig.fake.target('test', 'B-1', 'unhealthy', 'Target.Timeout');
      }
    };
    const ended = await rig.run('promote', { approve: true });
    expect(ended).toMatchObject({ result: 'undone' });
    expect(moves(rig)).not.toContain('register prod B-0 B-1');
  });

  test('is refused after the wait when a closed time has begun', async () => {
    const rig = new Rig();
    rig.fake.freeze = { state: 'open' };
    decideLater(rig, 'approved');
    const before = rig.onEvent;
    rig.onEvent = (event) => {
      before(event);
      if (event.type === 'step-waiting') rig.fake.freeze = { state: 'closed', why: 'weekend' };
    };
    const ended = await rig.run('promote', { approve: true });
    expect(ended.message).toContain('closed time');
    expect(moves(rig)).toEqual(['approval 100']);
  });
});

describe('in steps', () => {
  const steps = { steps: [10, 50, 100], every: 1 };

  test('each share that the terms name is approved by itself', async () => {
    const rig = weightedRig();
    rig.terms = { ...TERMS, shares: [20, 100] };
    decideLater(rig, 'approved');
    expect(await rig.run('promote', steps)).toMatchObject({ result: 'done' });
    const one = (share: number) => [`approval ${share}`, 'weigh shop:0', `approval ${share} spent`];
    expect(moves(rig).slice(0, 7)).toEqual(['weigh shop:0', ...one(50), ...one(100)]);
  });

  test('one that is rejected half-way sends all back', async () => {
    const rig = weightedRig();
    rig.terms = { ...TERMS, shares: [100] };
    decideLater(rig, 'rejected');
    expect(await rig.run('promote', steps)).toMatchObject({ result: 'undone' });
    expect(rig.fake.now.traffic).toMatchObject({ routes: [{ weights: { one: 100, two: 0 } }, {}] });
  });
});

describe('a run that is killed', () => {
  /** Runs into the fault at the n-th write or change, and resumes; undefined where there is none. */
  async function killedAt(rig: Rig, n: number): Promise<boolean> {
    let seen = 0;
    const push = rig.log.push.bind(rig.log);
    let isKilled = false;
    rig.log.push = (...what) => {
      seen += 1;
      if (seen === n) {
        isKilled = true;
        rig.uncaught(new Error('killed'));
      }
      return push(...what);
    };
    await rig.run('promote', { approve: true });
    rig.log.push = push;
    return isKilled;
  }

  test('goes on with what was approved, and never uses an approval twice', async () => {
    for (let n = 1; n < 60; n += 1) {
      const rig = new Rig();
      decideLater(rig, 'approved');
      if (!(await killedAt(rig, n))) return;
      const recorded = await rig.store.goal();
      if (recorded === undefined || !('goal' in recorded)) continue;
      const ended = await rig.run('promote', { resumes: recorded.goal.run });
      expect(ended, `killed at ${n}`).toMatchObject({ result: 'done' });
      const asked = rig.log.filter((what) => what === 'approval 100');
      expect(asked, `killed at ${n}: ${rig.log.join()}`).toHaveLength(1);
      expect(rig.store.asked?.spent, `killed at ${n}: ${rig.log.join()}`).toBe(true);
    }
    throw new Error('It was killed too often.');
  });

  test('asks anew where others have taken back what was approved', async () => {
    const rig = new Rig();
    decideLater(rig, 'approved');
    rig.on('deregister prod A-0', () => rig.stop());
    await rig.run('promote', { approve: true });
    expect(rig.store.asked).toMatchObject({ spent: true });
    for (const id of ['A-0', 'A-1']) rig.fake.target('prod', id, 'healthy');
    for (const id of ['B-0', 'B-1']) {
      rig.fake.target('prod', id, 'gone');
      rig.fake.target('test', id, 'healthy');
    }
    await rig.run('promote', {});
    expect(rig.log.filter((what) => what === 'approval 100')).toHaveLength(2);
  });
});

test('an approval that is damaged is none', () => {
  const approval: Approval = {
    run: 'r1',
    release: '42',
    share: 100,
    requestedBy: 'ann',
    from: 'anyone',
    since: '2026-01-01T00:00:00.000Z',
    until: '2026-01-02T00:00:00.000Z',
  };
  expect(readApproval(JSON.stringify(approval))).toEqual(approval);
  const damaged = [{ ...approval, share: '100' }, { ...approval, until: 'soon' }, { ...approval, decision: 'yes' }, 1];
  expect(damaged.map((one) => readApproval(JSON.stringify(one)))).toEqual(damaged.map(() => undefined));
});
