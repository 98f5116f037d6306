import type { Ask } from '../../../src/traffic/weighted-dns/dns-answers.ts';
import { EPOCH } from './clock.ts';
import type { LittleCloud } from './cloud.ts';
import { marksOn } from './scaling.ts';
import { withWay, type State, type Way } from './state.ts';

/** Route 53's API where names move traffic: each way is a name, with a record that leads to each group. */

/** How long a change takes to reach all name servers, and how long resolvers keep answers. */
const INSYNC_MS = 4000;
const TTL_S = 5;

/** Servers that production has left are visited for so long by resolvers that keep answers. */
export const TAIL_S = 20;

interface MetricInput {
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
}

/** When production has left the group, as is noted on its servers. */
function leftAt(state: State, group: string): number {
  const boxes = [...(state.groups.get(group)?.members.keys() ?? [])].flatMap((id) => state.boxes.get(id) ?? []);
  const tags = boxes.map((box) => marksOn(state, box)['turnout:share'] ?? '');
  return Math.max(...tags.map((tag) => (/^0[@/]/.test(tag) ? Date.parse(tag.slice(2)) - EPOCH : -Infinity)));
}

/** Changes and when they were asked for; by cloud, since they are no part of what is so. */
const changes = new WeakMap<LittleCloud, number[]>();

function changesOf(cloud: LittleCloud): number[] {
  const known = changes.get(cloud) ?? [];
  changes.set(cloud, known);
  return known;
}

function names({ ways }: State): readonly Way[] {
  return [...(ways?.values() ?? [])];
}

interface RecordSet {
  readonly Name: string;
  readonly SetIdentifier: string;
  readonly Weight: number;
  readonly TTL: number;
}

function recordsOf({ arn, weights, ttlS = TTL_S }: Way): readonly RecordSet[] {
  return [...weights].map(([group, Weight]) => ({
    Name: `${arn}.`,
    Type: 'A',
    SetIdentifier: group,
    Weight,
    TTL: ttlS,
    ResourceRecords: [{ Value: group }],
  }));
}

export const nameReads = {
  ListHostedZonesByName: (_cloud: LittleCloud, { DNSName }: { DNSName: string }) => ({
    HostedZones: [{ Name: `${DNSName}.`, Id: `/hostedzone/${DNSName}` }],
  }),
  GetHostedZone: (_cloud: LittleCloud, { Id }: { Id: string }) => ({
    HostedZone: { Id: `/hostedzone/${Id}` },
    DelegationSet: { NameServers: [] },
  }),
  ListResourceRecordSets: (_cloud: LittleCloud, { StartRecordName }: { StartRecordName: string }, seen: State) => ({
    ResourceRecordSets: names(seen)
      .filter(({ arn }) => arn === StartRecordName)
      .flatMap(recordsOf),
    IsTruncated: false,
  }),
  GetMetricData: () => ({ MetricDataResults: [] }),
  GetMetricStatistics: (cloud: LittleCloud, { Dimensions }: MetricInput) => {
    const group = Dimensions.find(({ Name }) => Name === 'TargetGroup')?.Value ?? '';
    const { now } = cloud.clock;
    const isVisited = names(cloud.state).some(({ weights }) => (weights.get(group) ?? 0) > 0);
    return { Datapoints: isVisited || now - leftAt(cloud.state, group) < TAIL_S * 1000 ? [{ Sum: 100 }] : [] };
  },
  GetChange: (cloud: LittleCloud, { Id }: { Id: string }) => {
    const at = changesOf(cloud)[Number(Id)] ?? Number.NEGATIVE_INFINITY;
    return { ChangeInfo: { Id, Status: cloud.clock.now - at < INSYNC_MS ? 'PENDING' : 'INSYNC' } };
  },
};

export interface ChangeInput {
  readonly HostedZoneId: string;
  readonly ChangeBatch: { readonly Changes: readonly { readonly ResourceRecordSet: RecordSet }[] };
}

/** Weights by name. */
export function weightsIn({ ChangeBatch }: ChangeInput): ReadonlyMap<string, Way['weights']> {
  const sets = ChangeBatch.Changes.map(({ ResourceRecordSet }) => ResourceRecordSet);
  const byName = Map.groupBy(sets, ({ Name }) => Name.replace(/\.$/, ''));
  return new Map(
    [...byName].map(([name, own]) => [
      name,
      new Map(own.map(({ SetIdentifier, Weight }) => [SetIdentifier, Weight])) as Way['weights'],
    ]),
  );
}

export const nameWrites = {
  /** All of a batch, or nothing. */
  ChangeResourceRecordSets: (cloud: LittleCloud, input: ChangeInput) => {
    const { ResourceRecordSet } = input.ChangeBatch.Changes[0]!;
    const ttlS = ResourceRecordSet.TTL;
    cloud.change((state) =>
      [...weightsIn(input)].reduce((so, [name, weights]) => withWay(so, name, { weights, ttlS }), state),
    );
    const all = changesOf(cloud);
    all.push(cloud.clock.now);
    return { ChangeInfo: { Id: `/change/${all.length - 1}`, Status: 'PENDING' } };
  },
};

/** What name servers answer, late as they are. */
export function askIn(cloud: LittleCloud): Ask {
  return async (_server, name) => {
    const seen = cloud.stateAt(cloud.clock.now - INSYNC_MS);
    const weights = seen.ways?.get(name)?.weights ?? new Map<string, number>();
    const given = [...weights].filter(([, weight]) => weight > 0).map(([group]) => group);
    return given.slice(-1);
  };
}
