import { describe, expect, test } from 'vitest';
import type { Route } from '../../src/domain/traffic.ts';
import { crowdedRule, problemsOf, notesOf } from '../../src/traffic/compatibility.ts';
import type { RouteLocation } from '../../src/traffic/find-rules.ts';
import type { Settings } from '../../src/traffic/target-groups.ts';

function settings(name: string, balancers: readonly string[] = ['arn:shop'], sticky = false): Settings {
  const attributes = new Map([['stickiness.enabled', String(sticky)]]);
  const group = { LoadBalancerArns: [...balancers] };
  return { name, arn: `arn:${name}`, role: 'test', port: 8080, group, attributes, crossesZones: true };
}

const GROUPS = [settings('blue'), settings('green')];

function place(name: string, type: 'application' | 'network' = 'application', balancer = 'shop'): RouteLocation {
  return {
    name,
    role: 'production',
    url: 'http://shop/',
    listenerArn: 'arn:listener',
    balancer: { LoadBalancerArn: `arn:${balancer}`, LoadBalancerName: balancer, Type: type },
  };
}

function route(name: string, stickyS = 0): Route {
  return { name, role: 'production', weights: { blue: 100, green: 0 }, othersWeight: 0, stickyS, url: 'http://shop/' };
}

describe('notes before traffic is moved by weights', () => {
  test('a Network Load Balancer is slower, and open flows stay', () => {
    const notes = notesOf([place('shop:443', 'network')], [route('shop:443')], 'keep');
    expect(notes).toEqual([
      expect.stringMatching(/^shop:443 is a Network Load Balancer's: .*3 to 5 min.*for an hour\.$/),
    ]);
  });

  test('of an application load balancer without stickiness there is nothing to say', () => {
    expect(notesOf([place('shop:443')], [route('shop:443')], 'keep')).toEqual([]);
  });

  test('a cookie beats the weights, or is turned off', () => {
    const said = (stickiness: 'keep' | 'drop'): string => notesOf([place('a')], [route('a', 3600)], stickiness).join();
    expect(said('keep')).toContain("a client's cookie beats the weights for 1 h");
    expect(said('drop')).toContain('turned off together with the first change of weights');
  });
});

describe('why traffic must not be moved by weights', () => {
  test('rules on several load balancers', () => {
    const places = [place('a'), place('b', 'application', 'other')];
    expect(problemsOf(GROUPS, places, [], 'keep')[0]).toContain('several load balancers: shop and other');
  });

  test('a group that belongs to another load balancer', () => {
    const groups = [settings('blue'), settings('green', ['arn:other'])];
    expect(problemsOf(groups, [place('a')], [], 'keep')).toEqual([
      'green is used by another load balancer than the rules are on.',
    ]);
  });

  test('stickiness of a group, where that of the rule shall be dropped', () => {
    const groups = [settings('blue'), settings('green', undefined, true)];
    expect(problemsOf(groups, [place('a')], [], 'drop')).toHaveLength(1);
    expect(problemsOf(groups, [place('a')], [], 'keep')).toEqual([]);
  });

  test('a sticky group, where one of the rules is not: ELB would refuse the change of that one', () => {
    const groups = [settings('blue'), settings('green', undefined, true)];
    const places = [place('a'), place('b')];
    expect(problemsOf(groups, places, [route('a', 60), route('b')], 'keep')).toEqual([
      'b is not sticky, and green is: ELB accepts a sticky group beside another one in a sticky rule only. Turn on both, or neither.',
    ]);
    expect(problemsOf(groups, places, [route('a', 60), route('b', 60)], 'keep')).toEqual([]);
    const trial = { ...route('b'), role: 'test' as const };
    expect(problemsOf(groups, places, [route('a', 60), trial], 'drop').join()).toContain(
      'b is not sticky, and green is',
    );
    expect(problemsOf(GROUPS, places, [route('a'), trial], 'keep')).toEqual([]);
  });

  test('a rule that would forward to more groups than ELB accepts', () => {
    expect(crowdedRule('a', ['arn:blue', 'arn:1', 'arn:2', 'arn:3'], GROUPS)).toEqual([]);
    expect(crowdedRule('a', ['arn:blue', 'arn:1', 'arn:2', 'arn:3', 'arn:4'], GROUPS)).toEqual([
      'a would forward to 6 target groups, and ELB accepts 5 in a rule.',
    ]);
    expect(crowdedRule('a', [], GROUPS)).toEqual([]);
  });
});
