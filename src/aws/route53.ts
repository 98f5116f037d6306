import * as sdk from '@aws-sdk/client-route-53';
import type { ResourceRecordSet, RRType } from '@aws-sdk/client-route-53';
import { pageItems } from './pages.ts';
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
    this.#send = session.connect('route53', new sdk.Route53Client(session.clientConfig()));
  }

  /** The hosted zones with this name: of one name there may be several, public and private ones. */
  async zonesNamed(name: string): Promise<readonly { readonly id: string; readonly isPrivate: boolean }[]> {
    const command = new sdk.ListHostedZonesByNameCommand({ DNSName: name, MaxItems: 100 });
    const zones = (await this.#send(command)).HostedZones ?? [];
    const own = zones.filter(({ Name }) => Name === dotted(name));
    return own.map(({ Id, Config }) => ({ id: idOf(Id), isPrivate: Config?.PrivateZone === true }));
  }

  /** All hosted zones of the account, with how many record sets each has. */
  async zones(): Promise<readonly { readonly id: string; readonly name: string; readonly records: number }[]> {
    const command = (Marker?: string) => new sdk.ListHostedZonesCommand({ Marker });
    const all = await pageItems(this.#send, command, (page) => page.HostedZones);
    return all.map(({ Id, Name = '', ResourceRecordSetCount: records = 0 }) => ({ id: idOf(Id), name: Name, records }));
  }

  async zone(id: string): Promise<HostedZone> {
    const { HostedZone, DelegationSet } = await this.#send(new sdk.GetHostedZoneCommand({ Id: id }));
    return { id: idOf(HostedZone?.Id), nameServers: DelegationSet?.NameServers ?? [] };
  }

  /** All record sets of one name and type. */
  async records(zone: string, name: string, type: RRType): Promise<readonly ResourceRecordSet[]> {
    const found: ResourceRecordSet[] = [];
    let start: sdk.ListResourceRecordSetsRequest = { HostedZoneId: zone, StartRecordName: name, StartRecordType: type };
    for (;;) {
      const page = await this.#send(new sdk.ListResourceRecordSetsCommand(start));
      const sets = page.ResourceRecordSets ?? [];
      const own = sets.filter((set) => set.Name === dotted(name) && set.Type === type);
      found.push(...own);
      // Record sets are sorted by name, so another name means that there are no more.
      if (own.length < sets.length || page.IsTruncated !== true) return found;
      start = { ...start, ...nextOf(page) };
    }
  }

  /** All record sets of the zone, 300 a request (Route 53 API, ListResourceRecordSets). */
  async allRecords(zone: string): Promise<readonly ResourceRecordSet[]> {
    const found: ResourceRecordSet[] = [];
    let start: sdk.ListResourceRecordSetsRequest = { HostedZoneId: zone };
    for (;;) {
      const page = await this.#send(new sdk.ListResourceRecordSetsCommand(start));
      found.push(...(page.ResourceRecordSets ?? []));
      if (page.IsTruncated !== true) return found;
      start = { HostedZoneId: zone, ...nextOf(page) };
    }
  }

  /** Upserts the record sets in one batch, which is applied entirely or not at all (Route 53 API, ChangeResourceRecordSets). @returns id of the change */
  async replace(zone: string, sets: readonly ResourceRecordSet[], comment: string): Promise<string> {
    const Changes = sets.map((ResourceRecordSet) => ({ Action: 'UPSERT' as const, ResourceRecordSet }));
    const input = { HostedZoneId: zone, ChangeBatch: { Changes, Comment: comment } };
    const { ChangeInfo } = await this.#send(new sdk.ChangeResourceRecordSetsCommand(input));
    return idOf(ChangeInfo?.Id);
  }

  /** Whether some of Route 53's name servers do not have the change yet (Route 53 API, GetChange). */
  async isPending(change: string): Promise<boolean> {
    const { ChangeInfo } = await this.#send(new sdk.GetChangeCommand({ Id: change }));
    return ChangeInfo?.Status === 'PENDING';
  }
}

function nextOf(page: sdk.ListResourceRecordSetsResponse) {
  const { NextRecordName, NextRecordType, NextRecordIdentifier: StartRecordIdentifier } = page;
  return { StartRecordName: NextRecordName, StartRecordType: NextRecordType, StartRecordIdentifier };
}

/** Without `/hostedzone/` and `/change/`. */
function idOf(id: string | undefined): string {
  return id?.split('/').at(-1) ?? '';
}

/** Names in answers end with a dot. */
export function dotted(name: string): string {
  return name.endsWith('.') ? name.toLowerCase() : `${name.toLowerCase()}.`;
}
