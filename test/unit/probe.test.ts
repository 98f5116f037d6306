import { expect, test } from 'vitest';
import { TrafficProbe } from '../../src/probe/probe.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

test('production is asked ten times a second, and once more when the run is over', async () => {
  const clock = new VirtualClock();
  const production = { release: '41' };
  const probe = new TrafficProbe({ clock, ask: async () => ({ release: production.release }) });
  probe.begin();
  await clock.advance(250);
  production.release = '42';
  await probe.end();
  expect(probe.samples.map(({ release }) => release)).toEqual(['41', '41', '41', '42']);
  await clock.advance(1000);
  expect(probe.samples).toHaveLength(4);
});

test('a slow answer holds up no other request, and the end waits for it', async () => {
  const clock = new VirtualClock();
  const slow = Promise.withResolvers<void>();
  let asked = 0;
  const ask = async () => {
    if (++asked === 1) await slow.promise;
    return { release: '41' };
  };
  const probe = new TrafficProbe({ clock, ask });
  probe.begin();
  await clock.advance(150);
  expect(asked).toBe(2);
  const ended = probe.end();
  await clock.advance(4000);
  slow.resolve();
  await ended;
  expect(probe.samples.map(({ ms }) => ms)).toEqual([4150, 0, 0]);
});

test('what has not started asks nothing at its end', async () => {
  const probe = new TrafficProbe({ clock: new VirtualClock(), ask: async () => ({ failed: 'asked' }) });
  await probe.end();
  expect(probe.samples).toEqual([]);
});
