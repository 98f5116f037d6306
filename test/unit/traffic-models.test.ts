import { describe, expect, test } from 'vitest';
import { withSettings, type GoalOf } from '../../src/domain/goal.ts';
import { dnsOf, withTraffic } from '../../src/domain/routes.ts';
import type { Fleet, Snapshot } from '../../src/domain/snapshot.ts';
import type { DnsSettings, SwitchSettings } from '../../src/domain/traffic.ts';
import { trafficModel } from '../../src/plan/traffic/index.ts';
import type { Switch } from '../../src/plan/traffic/model.ts';
import type { Step } from '../../src/steps/index.ts';
import { HOLD_S, settingsIn, weightedWorld } from '../support/weighted-worlds.ts';
import { HOME, PLAIN, PROMOTED, world } from '../support/worlds.ts';

/** What a model of a kind of traffic makes of the config and of what is seen. */

const BLUE = {
  id: 'A',
  marks: { ...HOME, share: '0@2026-01-01T00:00:00.000Z' },
  members: [{ one: 'healthy' }],
} as const;
const GREEN = { id: 'B', marks: PROMOTED, members: [{ two: 'healthy' }] } as const;
const LISTENER = weightedWorld({ fleets: [BLUE, GREEN], production: [100], test: 0 });
const DNS = weightedWorld({ fleets: [BLUE, GREEN], production: [0, 0], test: 100, byName: true });

const ENDING = { keeps: { fleet: 'B', groups: [] }, before: [], allowed: {} };

const MEMBERSHIP = world([{ ...BLUE, members: [{ prod: 'healthy' }] }]);

function fleetIn({ fleets }: Snapshot, id: string): Fleet {
  return fleets.find((fleet) => fleet.id === id)!;
}

function cleanup(settings: SwitchSettings): GoalOf<'cleanup'> {
  const asked = { run: 'r1', who: 'ann', since: '2026-06-01T00:00:00.000Z' };
  return {
    ...asked,
    verb: 'cleanup',
    fleet: 'B',
    release: 'B',
    discard: false,
    wait: true,
    settings,
    minimumHealthy: {},
  };
}

function dnsSettings(snapshot: Snapshot, facts: Partial<DnsSettings>): SwitchSettings {
  const settings = settingsIn(snapshot);
  return { ...settings, traffic: { ...(settings.traffic as DnsSettings), ...facts } };
}

function stepsOf<D extends Step['do']>(steps: readonly Step[], kind: D): readonly Extract<Step, { do: D }>[] {
  return steps.filter((step): step is Extract<Step, { do: D }> => step.do === kind);
}

describe('retention', () => {
  const retained = (snapshot: Snapshot, settings = settingsIn(snapshot)) =>
    stepsOf(trafficModel(snapshot).retireSteps(fleetIn(snapshot, 'A'), cleanup(settings), ENDING), 'terminate')[0]
      ?.retentionS;

  test('is what the config says, and no shorter than the longest request may be', () => {
    expect(retained(LISTENER)).toBe(HOLD_S);
    const pools = LISTENER.pools.map((pool) => ({ ...pool, deregistrationDelayS: HOLD_S + 90 }));
    expect(retained({ ...LISTENER, pools })).toBe(HOLD_S + 90);
  });

  test('is no shorter than resolvers may keep an answer, by the records or by what the config says of them', () => {
    expect(retained(DNS)).toBe(300);
    expect(retained(DNS, dnsSettings(DNS, { ttlS: 10 }))).toBe(HOLD_S);
  });

  test('does not apply where fleets move between pools: they drain', () => {
    const steps = trafficModel(MEMBERSHIP).retireSteps(fleetIn(MEMBERSHIP, 'A'), cleanup(PLAIN), ENDING);
    expect(steps.map((step) => step.do)).toEqual(['deregister', 'await-drained', 'terminate']);
    expect(stepsOf(steps, 'terminate')[0]?.retentionS).toBe(0);
  });
});

describe('the TTLs of a switch', () => {
  const switchOf = (snapshot: Snapshot, settings: SwitchSettings): readonly Step[] => {
    const since = '2026-06-01T00:00:00.000Z';
    const change: Switch = {
      to: fleetIn(snapshot, 'B'),
      minimumHealthy: {},
      need: 'all',
      since,
      run: 'r1',
      who: 'ann',
      settings,
      prepares: true,
    };
    return trafficModel(snapshot).switchSteps(change, []);
  };
  const lowerTtl = { 'shop:0': { fromS: 300, toS: 10 } };

  test('are lowered at the names that the config names, and the longest answer counts', () => {
    const ttls = { 'shop:0': { own: [300, 300], fixedS: 0 }, 'shop:1': { own: [], fixedS: 60 } };
    const steps = switchOf(withTraffic(DNS, { ...dnsOf(DNS), ttls }), dnsSettings(DNS, { lowerTtl }));
    expect(steps[0]).toEqual({ do: 'set-ttl', fleet: 'B', to: 'low', ttls: { 'shop:0': 10 }, lowS: 60, usualS: 300 });
    expect(stepsOf(steps, 'await-lowered-ttl')[0]?.seconds).toBe(300);
    expect(stepsOf(steps, 'await-ttl')[0]?.seconds).toBe(60);
  });

  test('are no longer than the config says of all names', () => {
    const steps = switchOf(DNS, dnsSettings(DNS, { lowerTtl, ttlS: 5 }));
    expect(stepsOf(steps, 'await-ttl')[0]?.seconds).toBe(5);
  });

  test('are left alone where no record has one of its own', () => {
    const ttls = { 'shop:0': { own: [], fixedS: 60 }, 'shop:1': { own: [], fixedS: 60 } };
    const steps = switchOf(withTraffic(DNS, { ...dnsOf(DNS), ttls }), dnsSettings(DNS, { lowerTtl }));
    expect(stepsOf(steps, 'set-ttl')).toEqual([]);
  });
});

test('a plan has the steps of its kind of traffic alone', () => {
  const kinds = (snapshot: Snapshot, id: string): ReadonlySet<string> => {
    const to = fleetIn(snapshot, id);
    const settings = settingsIn(snapshot);
    const change: Switch = {
      to,
      minimumHealthy: {},
      need: 'all',
      since: '',
      run: 'r1',
      who: 'ann',
      settings,
      prepares: true,
    };
    return new Set(
      trafficModel(snapshot)
        .switchSteps(change, [])
        .map((step) => step.do),
    );
  };
  expect(kinds(MEMBERSHIP, 'A')).toEqual(new Set(['register', 'await-healthy', 'deregister']));
  expect([...kinds(LISTENER, 'A')].filter((kind) => /ttl|insync|dns/.test(kind))).toEqual([]);
});

describe('a goal that was recorded', () => {
  const now = settingsIn(LISTENER);
  const { settings: _, ...old } = cleanup(PLAIN);

  test('keeps what it was pinned with', () => {
    const goal = cleanup({ ...now, traffic: { ...now.traffic, retentionS: 7 } as SwitchSettings['traffic'] });
    expect(withSettings(goal, now)).toBe(goal);
  });

  test('before settings were pinned uses the current ones', () => {
    expect(withSettings(old as GoalOf<'cleanup'>, now)).toEqual(cleanup(now));
  });

  test('under another kind of traffic, or another way to verify a release, uses the current ones', () => {
    expect(withSettings(cleanup(PLAIN), now)).toEqual(cleanup(now));
    expect(withSettings(cleanup({ ...now, verification: { by: 'nothing' } }), now)).toEqual(cleanup(now));
  });
});
