import { expect, test } from 'vitest';
import { RepeatedReads, type RouteReads } from '../../src/traffic/repeated-reads.ts';

/** A load balancer with listeners; what was asked for is listed. */
function account() {
  const world = { listeners: ['l1'], denied: '' };
  const asked: string[] = [];
  const answer = async <T>(what: string, value: () => T): Promise<T> => {
    asked.push(what);
    if (what === world.denied) throw new Error(`${what} is denied.`);
    return value();
  };
  const reads: RouteReads = {
    loadBalancers: async (arns) => answer(`balancers ${arns.join()}`, () => []),
    listeners: async (arn) => answer(`listeners ${arn}`, () => world.listeners.map((ListenerArn) => ({ ListenerArn }))),
    rules: async (arn) => answer(`rules ${arn}`, () => []),
    tags: async (arns) => answer(`tags ${arns.join()}`, () => new Map()),
  };
  return { world, asked, reads };
}

/** Rules of each listener, which are known only once the listeners are. */
async function look(reads: RepeatedReads): Promise<readonly string[]> {
  const listeners = (await reads.listeners('lb')).map(({ ListenerArn = '' }) => ListenerArn);
  await Promise.all(listeners.map(async (arn) => reads.rules(arn)));
  return listeners;
}

test('the first look asks for one after the other, the next one for all at once, and for nothing twice', async () => {
  const { asked, reads } = account();
  const first = new RepeatedReads(reads);
  expect(asked).toEqual([]);
  await look(first);
  expect(asked.splice(0)).toEqual(['listeners lb', 'rules l1']);
  const second = new RepeatedReads(reads, first);
  expect(asked).toEqual(['listeners lb', 'rules l1']);
  await look(second);
  expect(asked).toHaveLength(2);
});

test('a listener that is new is seen, and one that is gone is not asked for again', async () => {
  const { world, asked, reads } = account();
  const first = new RepeatedReads(reads);
  await look(first);
  world.listeners = ['l2'];
  const second = new RepeatedReads(reads, first);
  expect(await look(second)).toEqual(['l2']);
  asked.splice(0);
  await look(new RepeatedReads(reads, second));
  expect(asked).toEqual(['listeners lb', 'rules l2']);
});

test('what fails too early fails only where it is needed', async () => {
  const { world, reads } = account();
  const first = new RepeatedReads(reads);
  await look(first);
  world.denied = 'rules l1';
  const second = new RepeatedReads(reads, first);
  await expect(look(second)).rejects.toThrow('rules l1 is denied.');
  world.listeners = [];
  expect(await look(new RepeatedReads(reads, first))).toEqual([]);
});
