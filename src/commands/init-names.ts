import type { LoadBalancer } from '../aws/elbv2.ts';
import type { ResourceRecordSet, Route53 } from '../aws/route53.ts';
import type { NameSeen } from '../run/init/seen.ts';

/** A zone with more record sets than that is not read as a whole: ten requests. */
const RECORDS_MAX = 3000;
const TYPES: readonly (string | undefined)[] = ['A', 'AAAA', 'CNAME'];

/**
 * The DNS names of the account's hosted zones that lead to these load balancers.
 * @param unread gets what was left out, as sentences
 */
export async function namesLeadingHere(
  route53: Route53,
  balancers: readonly LoadBalancer[],
  unread: string[],
): Promise<readonly NameSeen[]> {
  const byHost = new Map(
    balancers.map(({ DNSName = '', LoadBalancerName = '' }) => [plain(DNSName), LoadBalancerName]),
  );
  if (byHost.size === 0) return [];
  const zones = await route53.zones();
  for (const { name, records } of zones.filter((zone) => zone.records > RECORDS_MAX))
    unread.push(`The zone ${plain(name)} has ${records} record sets, and was not searched for names.`);
  const found: NameSeen[] = [];
  // One after the other: Route 53 allows five requests a second for a whole account.
  for (const { id, name } of zones.filter(({ records }) => records <= RECORDS_MAX)) {
    const isAlone = zones.filter((other) => other.name === name).length === 1;
    const zone = isAlone ? plain(name) : id;
    const sets = (await route53.allRecords(id)).filter(({ Type }) => TYPES.includes(Type));
    for (const own of Map.groupBy(sets, ({ Name, Type }) => `${Name} ${Type}`).values()) {
      const records = own.map((set) => recordSeen(set, byHost));
      if (records.some(({ balancer }) => balancer !== undefined))
        found.push({ zone, name: plain(own[0]?.Name ?? ''), type: own[0]?.Type ?? '', records });
    }
  }
  return found;
}

function recordSeen(set: ResourceRecordSet, byHost: ReadonlyMap<string, string>): NameSeen['records'][number] {
  const values = [set.AliasTarget?.DNSName ?? set.ResourceRecords?.map(({ Value = '' }) => Value) ?? []].flat();
  const [balancer] = values.flatMap((value) => byHost.get(plain(value).replace(/^dualstack\./, '')) ?? []);
  return { id: set.SetIdentifier, weight: set.Weight, balancer };
}

/** Route 53 writes `*` as `\\052`, and ends names with a dot (Route 53 developer guide, domain name format). */
function plain(name: string): string {
  return name
    .replace(/\.$/, '')
    .replace(String.raw`\052`, '*')
    .toLowerCase();
}
