/** Times in milliseconds. */
export interface DnsOption {
  /** Port of the name server on 127.0.0.1, over UDP and TCP; 0 takes a free one. */
  readonly port: number;
  /** How long Route 53 is busy with a change of a zone. */
  readonly processing: number;
  /** From a change until the first name servers answer with it. */
  readonly propagation: number;
  /** From a change until all name servers answer with it, and GetChange says INSYNC. */
  readonly insync: number;
  /** TTL of answers that name a load balancer's address: whole seconds. AWS: 60 s. */
  readonly ttl: number;
  /** Names that lead to load balancers from the start. */
  readonly names: readonly NameOption[];
}

/** A name with a weighted record for each of several load balancers. */
export interface NameOption {
  /** Such as `www.shop.test`. */
  readonly name: string;
  /** Name of the hosted zone, which is made when it is not there; the name without its first label when absent. */
  readonly zone?: string | undefined;
  /** `alias` (when absent) names a load balancer, `A` its address, `CNAME` its DNS name. */
  readonly record?: 'alias' | 'A' | 'CNAME' | undefined;
  /** TTL of A and CNAME records; that of aliases when absent. */
  readonly ttl?: number | undefined;
  /** Of aliases; false when absent. */
  readonly evaluateTargetHealth?: boolean | undefined;
  readonly sides: readonly SideOption[];
}

export interface SideOption {
  /** SetIdentifier of the record; the load balancer's name when absent. */
  readonly id?: string | undefined;
  /** Name of a load balancer that one of the target groups names. */
  readonly loadBalancer: string;
  /** 0 to 255. */
  readonly weight: number;
}

export type DnsPlan = DnsOption;

export const DNS_DEFAULTS: DnsPlan = {
  port: 0,
  processing: 20,
  propagation: 500,
  insync: 1_000,
  ttl: 2_000,
  names: [],
};
