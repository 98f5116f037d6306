import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type ChangeResourceRecordSetsCommandOutput,
  type GetChangeCommandOutput,
  type GetHostedZoneCommandOutput,
  type ListHostedZonesByNameCommandOutput,
  type ListResourceRecordSetsCommandOutput,
  type ResourceRecordSet,
  type RRType,
} from '@aws-sdk/client-route-53';
import type { Send, Session } from './session.ts';

export type { ResourceRecordSet, RRType };

/** A hosted zone. */
export interface HostedZone {
  readonly id: string;
  /** Host names of its name servers; empty for a private zone. */
  readonly nameServers: readonly string[];
}

/** The Route 53 requests that turnout sends. Errors are `OperatorError`s. */
export class Route53 {
  readonly #send: Send;

  constructor(session: Session) {
    this.#send = session.connect('route53', new Route53Client(session.clientConfig()));
  }

  /** Id of the hosted zone with this name; undefined when there is none. With several, the first that Route 53 lists. */
  async zoneNamed(name: string): Promise<string | undefined> {
    const { HostedZones } = await this.#send<ListHostedZonesByNameCommandOutput>(
      new ListHostedZonesByNameCommand({ DNSName: name, MaxItems: 1 }),
    );
    const [first] = HostedZones ?? [];
    return first?.Name === dotted(name) ? idOf(first.Id) : undefined;
  }

  async zone(id: string): Promise<HostedZone> {
    const { HostedZone, DelegationSet } = await this.#send<GetHostedZoneCommandOutput>(
      new GetHostedZoneCommand({ Id: id }),
    );
    return { id: idOf(HostedZone?.Id), nameServers: DelegationSet?.NameServers ?? [] };
  }

  /** All record sets of one name and type. */
  async records(zone: string, name: string, type: RRType): Promise<readonly ResourceRecordSet[]> {
    const found: ResourceRecordSet[] = [];
    let start: object | undefined = { StartRecordName: name, StartRecordType: type };
    while (start !== undefined) {
      const page: ListResourceRecordSetsCommandOutput = await this.#send(
        new ListResourceRecordSetsCommand({ HostedZoneId: zone, ...start }),
      );
      const own = (page.ResourceRecordSets ?? []).filter((set) => set.Name === dotted(name) && set.Type === type);
      found.push(...own);
      // Record sets are sorted by name, so another name means that there are no more.
      const isLast = own.length < (page.ResourceRecordSets ?? []).length || page.IsTruncated !== true;
      start = isLast
        ? undefined
        : {
            StartRecordName: page.NextRecordName,
            StartRecordType: page.NextRecordType,
            StartRecordIdentifier: page.NextRecordIdentifier,
          };
    }
    return found;
  }

  /** Upserts the record sets in one batch, which is applied entirely or not at all (Route 53 API, ChangeResourceRecordSets). @returns id of the change */
  async replace(zone: string, sets: readonly ResourceRecordSet[], comment: string): Promise<string> {
    const Changes = sets.map((ResourceRecordSet) => ({ Action: 'UPSERT' as const, ResourceRecordSet }));
    const { ChangeInfo } = await this.#send<ChangeResourceRecordSetsCommandOutput>(
      new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch: { Changes, Comment: comment } }),
    );
    return idOf(ChangeInfo?.Id);
  }

  /** Whether some of Route 53's name servers do not have the change yet (Route 53 API, GetChange). */
  async isPending(change: string): Promise<boolean> {
    const { ChangeInfo } = await this.#send<GetChangeCommandOutput>(new GetChangeCommand({ Id: change }));
    return ChangeInfo?.Status === 'PENDING';
  }
}

/** Without `/hostedzone/` and `/change/`. */
function idOf(id: string | undefined): string {
  return id?.split('/').at(-1) ?? '';
}

/** Names in answers end with a dot. */
export function dotted(name: string): string {
  return name.endsWith('.') ? name.toLowerCase() : `${name.toLowerCase()}.`;
}
