import { describe, expect, test } from 'vitest';
import { ExitCode, OperatorError } from '../../src/errors.ts';
import type { RunEvent } from '../../src/run/event.ts';
import { RunFault } from '../../src/run/task/fault.ts';
import { Rig } from '../support/fake-run-task.ts';

type Finished = Extract<RunEvent, { type: 'finished' }>;

const FAULT = new TypeError('targets is not iterable');
const STEP = 'register 2 instances of B with prod';
const hang = async (): Promise<never> => new Promise<never>(() => {});

/** The journal has an end, the lease is free, and the last event says what is known. */
async function expectFault(rig: Rig, finished: Finished, words: string | RegExp): Promise<void> {
  expect(finished).toMatchObject({ type: 'finished', result: 'failed', code: 'fault', exitCode: ExitCode.fault });
  expect(finished.message).toMatch(/^This is a fault of turnout: targets is not iterable\. /);
  expect(finished.message).toMatch(words);
  expect(finished.next[0]).toContain('`turnout status` shows');
  expect(finished.next.at(-1)).toContain('Please report it');
  expect(rig.store.lease).toBeUndefined();
  const [entry] = await rig.store.history(1);
  expect(entry).toMatchObject({ run: 'run-1', outcome: 'failed', message: finished.message });
  expect(entry?.until).toBeDefined();
}

const waiting = 'This step was running, and may have taken effect: wait until healthy in prod.';
const running = `This step was running, and may have taken effect: ${STEP}.`;

describe('a fault of ours ends the run in order', () => {
  test('thrown by a port in the middle of a step', async () => {
    const rig = new Rig();
    rig.on('register prod', () => {
      throw FAULT;
    });
    const finished = await rig.run('promote');
    await expectFault(rig, finished, running);
    expect(finished.next).toContain('`turnout resume` continues');
    expect(rig.log.slice(-2)).toEqual(['journal failed', 'no lease']);
    expect(rig.store.recorded?.goal.verb).toBe('promote');
    expect(await rig.run('promote')).toMatchObject({ code: 'done' });
  });

  test('thrown by a view', async () => {
    const rig = new Rig();
    rig.onEvent = ({ type }) => {
      if (type === 'step-waiting') throw FAULT;
    };
    await expectFault(rig, await rig.run('promote'), waiting);
  });

  test('thrown by a view at its last event, too: the first one is reported', async () => {
    const rig = new Rig();
    rig.onEvent = ({ type }) => {
      if (type === 'step-waiting') throw FAULT;
      if (type === 'finished') throw new Error('no more events');
    };
    await expect(rig.fake.finish(rig.begin('promote', {}, { yes: true }))).rejects.toThrow(RunFault);
    expect(rig.log.slice(-2)).toEqual(['journal failed', 'no lease']);
  });

  test('thrown by a hook', async () => {
    const rig = new Rig();
    rig.hooks = {
      run: async () => {
        throw FAULT;
      },
    };
    const finished = await rig.run('promote');
    await expectFault(rig, finished, 'No step had started.');
    expect(finished.next.join()).not.toContain('resume');
    expect(rig.fake.changes).toEqual([]);
  });

  test('thrown between two steps', async () => {
    const rig = new Rig();
    rig.onEvent = (event) => {
      if (event.type === 'step-started' && event.index === 2) throw FAULT;
    };
    await expectFault(rig, await rig.run('promote'), /may have taken effect: .+\.$/);
  });

  test('thrown before there is a plan: nothing is in the journal', async () => {
    const rig = new Rig();
    rig.on('read', () => {
      throw FAULT;
    });
    expect(await rig.run('promote')).toMatchObject({ code: 'fault', exitCode: ExitCode.fault });
    expect(rig.log).toEqual(['lease', 'no lease']);
  });

  test('thrown by what counts the clients', async () => {
    const rig = new Rig();
    rig.clients = {
      begin: () => {},
      end: async () => {
        throw FAULT;
      },
      mustNotFail: false,
    };
    await expectFault(rig, await rig.run('promote'), / The last step that was done: .+\.$/);
  });
});

describe('an exception that nothing caught', () => {
  const secondsOf = (rig: Rig): number => (rig.events.at(-1) as Finished).seconds;

  test('ends a run that waits at once', async () => {
    const rig = new Rig();
    rig.onEvent = ({ type }) => {
      if (type === 'step-waiting') rig.uncaught(FAULT);
    };
    await expectFault(rig, await rig.run('promote'), waiting);
    expect(secondsOf(rig)).toBeLessThan(1);
    expect(rig.fake.changes.filter((what) => what.startsWith('deregister'))).toEqual([]);
  });

  test('is a fault also where it is an error for operators, which was not theirs to see', async () => {
    const rig = new Rig();
    rig.on('register prod', () => rig.uncaught(new OperatorError('not-found', 'There is no such pool')));
    const finished = await rig.run('promote');
    expect(finished).toMatchObject({ code: 'fault', exitCode: ExitCode.fault });
    expect(finished.message).toContain(`There is no such pool. The last step that was done: ${STEP}.`);
  });

  test('ends a run that hangs within half a minute, and what hung changes nothing later', async () => {
    const rig = new Rig();
    const before = rig.fake.onRequest;
    const late = Promise.withResolvers<void>();
    rig.fake.onRequest = async (what) => {
      if (!what.startsWith('register prod')) return before(what);
      rig.uncaught(FAULT);
      await late.promise;
      return before(what);
    };
    await expectFault(rig, await rig.run('promote'), running);
    expect(secondsOf(rig)).toBe(15);
    const { length } = rig.log;
    late.resolve();
    await rig.fake.clock.advance(60_000);
    expect(rig.log.slice(length)).toEqual([]);
  });

  test.each(['log', 'release'] as const)('ends it where the store hangs as well (%s)', async (what) => {
    const rig = new Rig();
    rig.on('register prod', () => {
      rig.store[what] = hang;
      rig.uncaught(FAULT);
    });
    expect(await rig.run('promote')).toMatchObject({ code: 'fault', exitCode: ExitCode.fault });
    expect(secondsOf(rig)).toBeLessThanOrEqual(25);
    // An entry that cannot be ended does not keep the lease.
    expect(rig.store.lease === undefined).toBe(what === 'log');
  });

  test('ends it where the count of clients hangs as well', async () => {
    const rig = new Rig();
    rig.clients = { begin: () => {}, end: hang, mustNotFail: false };
    rig.on('register prod', () => rig.uncaught(FAULT));
    await expectFault(rig, await rig.run('promote'), `The last step that was done: ${STEP}.`);
    expect(secondsOf(rig)).toBeLessThanOrEqual(25);
  });
});
