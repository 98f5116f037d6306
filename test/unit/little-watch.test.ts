import { describe, expect, test } from 'vitest';
import { WorldClock } from '../support/little/clock.ts';
import { LittleCloud, TIMES } from '../support/little/cloud.ts';
import { KINDS, type Kind } from '../support/little/kinds.ts';
import { LittleProcess } from '../support/little/process.ts';
import { PORT, withMember, type Health } from '../support/little/state.ts';
import { LittleStore } from '../support/little/store.ts';
import { Watch } from '../support/little/watch.ts';

/** A look that is not used is no look: what a process was shown counts, also where the world has become better since. */

const [GROUPS, LISTENER, NAMES] = KINDS as readonly [Kind, Kind, Kind];
const BLUE = ['i-blue-1', 'i-blue-2'];
const GREEN = ['i-green-1', 'i-green-2'];

type Group = Readonly<Record<string, Health>>;
/** Members by group. */
type Facts = Readonly<Record<string, Group>>;

class Watched {
  readonly #clock = new WorldClock();
  readonly #cloud: LittleCloud;
  readonly #watch: Watch;
  readonly #process: LittleProcess;

  constructor(kind = GROUPS) {
    this.#cloud = new LittleCloud(this.#clock, TIMES, kind.stage({ start: 'green', groups: 1, size: 2 }));
    this.#watch = new Watch(this.#cloud, new LittleStore(this.#clock, { seesDeath: true }));
    this.#process = new LittleProcess('r1', this.#clock);
  }

  async becomes(facts: Facts): Promise<void> {
    for (const [group, members] of Object.entries(facts))
      for (const [id, health] of Object.entries(members))
        this.#cloud.change((state) => withMember(state, group, id, { id, port: PORT, health }));
    await this.#clock.pass(100);
  }

  async leaves(group: string, id: string): Promise<void> {
    this.#cloud.change((state) => withMember(state, group, id, undefined));
    await this.#clock.pass(100);
  }

  async looks(): Promise<void> {
    for (const name of this.#cloud.state.groups.keys()) {
      const read = { operation: 'DescribeTargetHealth', input: { TargetGroupArn: `arn:${name}` } };
      this.#watch.onSend(this.#process, read);
      this.#watch.onArrival({ ...read, process: this.#process, lagMs: 0 });
    }
    await this.#clock.pass(100);
  }

  /** What the watch says of the change about what the process was shown. */
  sends(operation: string, input: object): readonly string[] {
    this.#watch.onSend(this.#process, { operation, input: input as Readonly<Record<string, unknown>> });
    return this.#watch.broken.filter((what) => what.includes('shown'));
  }
}

const all = (ids: readonly string[], health: Health): Group => Object.fromEntries(ids.map((id) => [id, health]));
const targets = (ids: readonly string[]): object => ids.map((Id) => ({ Id, Port: PORT }));
const weights = (one: number, two: number): object[] => [
  {
    Type: 'forward',
    ForwardConfig: {
      TargetGroups: [
        { TargetGroupArn: 'arn:one', Weight: one },
        { TargetGroupArn: 'arn:two', Weight: two },
      ],
    },
  },
];
const recordSets = (one: number, two: number): object[] =>
  Object.entries({ one, two }).map(([SetIdentifier, Weight]) => ({
    ResourceRecordSet: { Name: 'www.shop1.test.', SetIdentifier, Weight, TTL: 5 },
  }));

const LEAVE = ['DeregisterTargets', { TargetGroupArn: 'arn:prod-1', Targets: targets(BLUE) }] as const;
const END = ['TerminateInstances', { InstanceIds: GREEN }] as const;
const ENTER = ['RegisterTargets', { TargetGroupArn: 'arn:prod-1', Targets: targets(GREEN) }] as const;
const SHIFT = ['ModifyListener', { ListenerArn: 'arn:80', DefaultActions: weights(0, 100) }] as const;
const RENAME = [
  'ChangeResourceRecordSets',
  { HostedZoneId: '1', ChangeBatch: { Changes: recordSets(0, 100) } },
] as const;
const FINE = { 'prod-1': all([...BLUE, ...GREEN], 'healthy') };

interface Row {
  readonly name: string;
  readonly kind: Kind;
  readonly seen: Facts;
  readonly by: Facts;
  readonly change: readonly [operation: string, input: object];
  readonly says: string;
}

const ROWS: readonly Row[] = [
  {
    name: 'nothing else is healthy, and takes them out',
    kind: GROUPS,
    seen: { 'prod-1': { ...all(BLUE, 'healthy'), ...all(GREEN, 'unhealthy') } },
    by: FINE,
    change: LEAVE,
    says: 'was shown nothing else that is healthy in prod-1',
  },
  {
    name: 'too few others are healthy, and takes them out',
    kind: GROUPS,
    seen: { 'prod-1': { ...all([...BLUE, ...GREEN], 'healthy'), 'i-green-2': 'unhealthy' } },
    by: FINE,
    change: LEAVE,
    says: 'was shown only 0 others healthy in prod-1/b, the minimum is 1',
  },
  {
    name: 'nothing in production is healthy, and ends the others',
    kind: GROUPS,
    seen: { 'prod-1': all(BLUE, 'unhealthy') },
    by: { 'prod-1': all(BLUE, 'healthy') },
    change: END,
    says: 'ends the way back, and was shown nothing healthy in prod-1',
  },
  {
    name: 'they are healthy nowhere, and gives them production traffic',
    kind: GROUPS,
    seen: { test: all(GREEN, 'unhealthy') },
    by: { test: all(GREEN, 'healthy') },
    change: ENTER,
    says: 'gives production traffic to i-green-1, which it was shown healthy nowhere',
  },
  ...([LISTENER, NAMES] as const).map((kind) => ({
    name: `too few are healthy, and gives them a share of a ${kind.traffic}`,
    kind,
    seen: { two: { 'i-green-1': 'unhealthy' as const } },
    by: { two: { 'i-green-1': 'healthy' as const } },
    change: kind === LISTENER ? SHIFT : RENAME,
    says: 'gives more of production to two, and was shown fewer healthy there than the minimum',
  })),
];

describe.each(ROWS)('a process that is shown that $name', ({ kind, seen, by, change, says }) => {
  test('is noticed, whatever is true by then', async () => {
    const watched = new Watched(kind);
    await watched.becomes(seen);
    await watched.looks();
    await watched.becomes(by);
    expect(watched.sends(...change).join('\n')).toContain(says);
  });

  test('and looks again when it is better, is not', async () => {
    const watched = new Watched(kind);
    await watched.becomes(seen);
    await watched.looks();
    await watched.becomes(by);
    await watched.looks();
    expect(watched.sends(...change)).toEqual([]);
  });
});

describe('a process that is shown that one still drains, and ends it', () => {
  test.each([true, false])('is noticed, unless it has looked once more (%s)', async (looksAgain) => {
    const watched = new Watched();
    await watched.becomes({ 'prod-1': { 'i-green-1': 'draining' } });
    await watched.looks();
    await watched.leaves('prod-1', 'i-green-1');
    if (looksAgain) await watched.looks();
    const said = watched.sends(...END).join('\n');
    expect(said.includes('ends i-green-1, which it was shown draining in prod-1')).toBe(!looksAgain);
  });
});
