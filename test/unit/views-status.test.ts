import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { historyText } from '../../src/views/history.ts';
import type { StatusReport } from '../../src/views/status.ts';
import { statusData } from '../../src/views/status-json.ts';
import { compactStatus, statusText } from '../../src/views/status-text.ts';
import { widthOf } from '../../src/views/text.ts';
import { watchScreen } from '../../src/views/watch.ts';
import { AT } from '../../tools/docs/samples.ts';
import { fakeStream, pool, promoted, report, target } from './views.samples.ts';

const NOT_READY = { ready: false, why: 'Nothing serves.' } as const;

describe('status', () => {
  test('one screen', () => {
    expect(statusText(report(), 80)).toMatchInlineSnapshot(`
      "Environment production  02:10:31Z
      Stopped: promote of 42 by alice@ci, 12 min ago, 2 of 4 steps done: \`resume\`,
      \`rollback\` or \`abandon\`.

      Production  shop-production  2/3 healthy  http://shop.example
        i-0a0000  eu-west-1a  41 parked  draining, at most 5 min
        i-0a0001  eu-west-1b  41 parked  draining, at most 5 min
        i-0a0002  eu-west-1c  41 parked  draining, at most 5 min
        i-0b0000  eu-west-1a  42 blue    healthy
        i-0b0001  eu-west-1b  42 blue    healthy
        i-0b0002  eu-west-1c  42 blue    unhealthy
          health checks answered 503 (Target.ResponseCodeMismatch)

      Test  shop-test  3/3 healthy  http://test.shop.example
        i-0a0000  eu-west-1a  41 parked  healthy
        i-0a0001  eu-west-1b  41 parked  healthy
        i-0a0002  eu-west-1c  41 parked  healthy

      Fleets
        blue    42  f-42  3 instances  9 min old   2/3 healthy in shop-production
        parked  41  f-41  3 instances  2 days old  3 draining from shop-production,
                                                   3/3 healthy in shop-test

      Rollback ready: 41 (parked, 3 instances), about 8 s

      What you can do
        yes  promote   goes on with 42
        yes  rollback  moves production back to 41
        no   up        41 is parked for a rollback: \`turnout cleanup\` or \`turnout
                       rollback\` comes first.
        no   cleanup   only 2 of 3 instances of 42 are healthy in shop-production.

      Last: promote of 42 by alice@ci, interrupted 12 min ago. Stopped by SIGTERM
      before the next change."
    `);
  });

  test('what it advises is about the config that was named', () => {
    const text = statusText({ ...report(), config: 'my configs/b.yml' }, 200);
    expect(text).toContain("`turnout cleanup --config 'my configs/b.yml'` or `turnout rollback --config");
    expect(text).not.toMatch(/`turnout \w+`/);
  });

  test('in few lines, for a terminal of 80 by 24', () => {
    const text = compactStatus(report(), 80);
    expect(text.split('\n').length).toBeLessThanOrEqual(24);
    expect(text).toMatchInlineSnapshot(`
      "Environment production  02:10:31Z
      Stopped: promote of 42 by alice@ci, 12 min ago, 2 of 4 steps done: \`resume\`,
      \`rollback\` or \`abandon\`.
      Production  shop-production  2/3 healthy  http://shop.example
        41 parked: 3 draining · 42 blue: 2 healthy, 1 unhealthy
        i-0b0002  eu-west-1c  42 blue  unhealthy
          health checks answered 503 (Target.ResponseCodeMismatch)
      Test  shop-test  3/3 healthy  http://test.shop.example
        41 parked: 3 healthy
      Fleets
        blue    42  f-42  3 instances  9 min old   2/3 healthy in shop-production
        parked  41  f-41  3 instances  2 days old  3 draining from shop-production,
                                                   3/3 healthy in shop-test
      Rollback ready: 41 (parked, 3 instances), about 8 s
      You can: promote, rollback. Not now: up, cleanup.
      Last: promote of 42 by alice@ci, interrupted 12 min ago. Stopped by SIGTERM
      before the next change."
    `);
    const many = { ...report(), verbs: [] };
    expect(compactStatus(many, 80)).not.toContain('You can');
  });

  test('a fleet that has been beside production for more than a day, with what is paid for', () => {
    const known = report();
    const at = (days: number): Snapshot => ({ ...known.snapshot, at: known.snapshot.at + days * 86_400_000 });
    const marked = (snapshot: Snapshot): Snapshot => ({
      ...snapshot,
      fleets: snapshot.fleets.map((fleet) => ({
        ...fleet,
        instances: fleet.instances.map((one) => ({ ...one, type: 'm7g.large' })),
        marks: fleet.id === 'f-42' ? { ...fleet.marks, promoted: new Date(AT).toISOString() } : fleet.marks,
      })),
    });
    const says = (days: number): string => statusText({ ...known, snapshot: marked(at(days)) }, 200);
    expect(says(0.5)).not.toContain('Still paid for');
    expect(says(3)).toContain(
      'Still paid for: 41 has been beside production for 3 days: 3 × m7g.large. `turnout cleanup` terminates it.',
    );
    const data = statusData({ ...known, snapshot: marked(at(3)) });
    expect(data.fleets.map(({ id, besideSince }) => `${id} ${besideSince}`)).toEqual([
      'f-42 null',
      `f-41 ${new Date(AT).toISOString()}`,
    ]);
  });

  test('that something else has moved production is said wherever there is room, with what it was', () => {
    const movedByOthers = 'prod leads to 41 now, and led to 42 after the last run.';
    const moved = { ...report(), movedByOthers };
    expect(statusText(moved, 200)).toContain(`Moved: ${movedByOthers}`);
    expect(statusData(moved).movedByOthers).toBe(movedByOthers);
    expect(statusData(report()).movedByOthers).toBeNull();
    expect(statusText(report(), 200)).not.toContain('Moved:');
  });

  test('another store keeps the environment: said instead of what can be done', () => {
    const { lease: _lease, goal: _goal, ...known } = report();
    const otherStore = 'Another store keeps this environment: file /ci/shop.db on build-1 by ci (3 h ago).';
    const text = statusText({ ...known, otherStore }, 200);
    expect(text).toContain(
      `Store: ${otherStore} Tasks run there; \`--take-over\` makes this store the one from now on.`,
    );
    expect(text).not.toContain('What you can do');
  });

  test('a store in trouble: AWS is shown all the same, and no verb', () => {
    const trouble = 'The store redis://10.0.0.1:6379 cannot be reached. Check the network.';
    const { lease: _lease, goal: _goal, last: _last, ...known } = report();
    const text = statusText({ ...known, verbs: [], trouble }, 80);
    expect(text).toContain(`Store: The store redis://10.0.0.1:6379 cannot be reached. Check the network.
Until then no task can start; one may be running.`);
    expect(text).toContain('Production  shop-production  2/3 healthy');
    expect(text).not.toContain('What you can do');
  });

  test('colours change nothing but colours', () => {
    expect(stripVTControlCharacters(statusText(report(), 80, true))).toBe(statusText(report(), 80));
  });

  test('no line is wider than a terminal of 80 columns', () => {
    for (const size of [3, 1000]) {
      expect(Math.max(...statusText(report(size), 80).split('\n').map(widthOf))).toBeLessThanOrEqual(80);
    }
  });

  test('a thousand targets are summed up, and those that are not well are listed', () => {
    const text = statusText(report(1000), 100);
    expect(text.split('\n').length).toBeLessThan(30);
    expect(text).toContain('  41 parked: 1000 draining · 42 blue: 998 healthy, 2 unhealthy\n');
    expect(text.match(/503/g)).toHaveLength(2);
  });

  test('of many that are not well some are listed, the worst first', () => {
    const world = promoted(100);
    const targets = world.fleets[1]!.instances.map(({ id }, i) => target(id, i < 90 ? 'initial' : 'unhealthy'));
    const lines = statusText({ ...report(), snapshot: { ...world, pools: [pool({ targets })] } }, 100).split('\n');
    expect(lines.findIndex((line) => /i-0b.*initial/.test(line))).toBeGreaterThan(
      lines.findIndex((line) => /i-0b.*unhealthy/.test(line)),
    );
    expect(lines).toContain('  and 80 more that are not healthy');
  });

  test('a lease that is held shows its run, and when it was last renewed', () => {
    const { goal, ...rest } = report();
    const lease: StatusReport['lease'] = {
      holder: {
        run: 'r',
        who: 'bob@ci',
        host: 'ci',
        pid: 1,
        verb: 'promote',
        release: '42',
        since: '2026-11-22T02:09:31Z',
      },
      fence: 7,
      doing: 'wait until healthy in shop-production',
      renewedAt: AT - 40_000,
      expiresAt: AT + 20_000,
    };
    expect(statusText({ ...rest, goal: goal!, lease }, 200).split('\n')[1]).toBe(
      'Running: promote of 42 by bob@ci for 1 min, 2 of 4 steps done: wait until healthy in shop-production. Last renewed 40 s ago.',
    );
  });

  test('an empty world', () => {
    const snapshot: Snapshot = { ...promoted(), fleets: [], pools: [pool()] };
    expect(statusText({ environment: 'production', snapshot, verbs: [], unreadable: [], rollback: NOT_READY }, 80))
      .toMatchInlineSnapshot(`
      "Environment production  02:10:31Z

      Production  shop-production  0/0 healthy  http://shop.example

      No fleet has this environment's tags.

      Rollback not ready: Nothing serves."
    `);
  });

  test('unmanaged instances and targets whose instance is unknown', () => {
    const world = promoted();
    const unmanaged = { id: 'i-9', zone: 'eu-west-1a', state: 'running', launchedAt: AT } as const;
    const snapshot = {
      ...world,
      unmanaged: [unmanaged],
      pools: [pool({ targets: [target('i-8', 'healthy'), target('i-9', 'healthy')] })],
    };
    const text = statusText(
      { environment: 'production', snapshot, verbs: [], unreadable: [], rollback: NOT_READY },
      80,
    );
    expect(text).toContain('  i-9  eu-west-1a  ? unmanaged  healthy\n  i-8  ?           ? unmanaged  healthy\n');
    expect(text).toContain("Unmanaged: i-9 is in a target group without this environment's tags.");
  });
});

test('what could not be read is shown, with the reason', () => {
  const unreadable = ['shop-test could not be read. AWS has no target group shop-test.'];
  expect(statusText({ ...report(), unreadable }, 80)).toContain(`\nNot read: ${unreadable[0]}\n`);
});

test('a rollback that would be refused: its refusal', () => {
  const rollback = { ready: false, why: '0 of 3 instances of 41 are healthy in shop-test now.' } as const;
  expect(statusText({ ...report(), rollback }, 80)).toContain(`\nRollback not ready: ${rollback.why}\n`);
});

test('history', () => {
  const { last } = report();
  const { until: _, ...running } = {
    ...last!,
    outcome: 'running',
    message: '',
    since: '2026-11-22T02:10:00Z',
  } as const;
  const long = { ...last!, verb: 'up', outcome: 'done', message: 'x'.repeat(200) } as const;
  expect(historyText([running, last!, long], { now: AT, width: 80, holder: running.run })).toMatchInlineSnapshot(`
    "2026-11-22 02:10Z  31 s ago    promote 42  alice@ci  running      for 31 s, 20 AWS requests
    2026-11-22 01:50Z  20 min ago  promote 42  alice@ci  interrupted  8 min 31 s, 20 AWS requests
      Stopped by SIGTERM before the next change.
    2026-11-22 01:50Z  20 min ago  up 42       alice@ci  done         8 min 31 s, 20 AWS requests
      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"
  `);
  expect(historyText([], { now: AT, width: 80 })).toBe('No runs yet.');
});

describe('the screen of status --watch', () => {
  const end = (): void => {};

  test('shows the first form that fits, scrolls the last one, and is given back', () => {
    const [stdout, stdin] = [fakeStream(80, 4), fakeStream(80)];
    const screen = watchScreen(stdout, stdin, end);
    const shown = (act: () => void): string => {
      const before = stdout.text().length;
      act();
      return stripVTControlCharacters(stdout.text().slice(before));
    };
    const long = '1\n2\n3\n4\n5\n6';
    expect(shown(() => screen.draw([long, 'a\nb']))).toBe('a\nb');
    expect(shown(() => screen.draw([long]))).toBe('1\n2\n3\nlines 1 to 3 of 6; arrows scroll, q ends');
    expect(shown(() => stdin.emit('data', '\u001B[B'))).toMatch(/^2\n3\n4\nlines 2 to 4/);
    expect(shown(() => stdin.emit('data', 'jj\u001BOA\u001B[Bx'))).toMatch(/^4\n5\n6\nlines 4 to 6/);
    expect(shown(() => stdin.emit('data', ' '))).toMatch(/^4\n5\n6/);
    expect(shown(() => stdin.emit('data', 'k'))).toMatch(/^3\n4\n5/);
    expect(
      shown(() => stdin.emit('data', 'x')),
      'a key that means nothing leaves no trace',
    ).toBe('');
    Object.assign(stdout, { rows: 10 });
    expect(shown(() => stdout.emit('resize'))).toBe('1\n2\n3\n4\n5\n6');
    Object.assign(stdout, { rows: 4, columns: 10 });
    const wide = 'a\n\u001B[32m0123456789bc\u001B[39m\nd\ne';
    expect(shown(() => screen.draw([wide]))).toMatch(/^a\n0123456789\nbc\nlines 1 to 3 of 5;/);
    screen.close();
    screen.close();
    expect(stdout.text().endsWith('\u001B[?25h\u001B[?1049l')).toBe(true);
    expect(stdout.text().split('\u001B[?1049l')).toHaveLength(2);
    expect(stdin.listenerCount('data')).toBe(fakeStream().listenerCount('data'));
  });

  test.for(['q', '\u0003'])('ends with %j, and gives the keys back to the terminal', (key) => {
    const raw: boolean[] = [];
    const stdin = Object.assign(fakeStream(80), { setRawMode: (on: boolean) => void raw.push(on) });
    let ended = 0;
    const screen = watchScreen(fakeStream(80), stdin, () => (ended += 1));
    stdin.emit('data', Buffer.from(key));
    screen.close();
    expect([ended, raw]).toEqual([1, [true, false]]);
  });

  test('is given back when the process ends, and leaves no listener', () => {
    const before = process.listenerCount('exit');
    const stdout = fakeStream(80);
    watchScreen(stdout, fakeStream(), end);
    process.listeners('exit').at(-1)?.(0);
    expect(stdout.text().endsWith('\u001B[?1049l')).toBe(true);
    expect(process.listenerCount('exit')).toBe(before);
  });
});
