/** Times in milliseconds. */
export interface DnsOption {
  /** Port of the name server on 127.0.0.1, over UDP and TCP; 0 selects a free port. */
  readonly port: number;
  /** How long Route 53 processes a change of a zone. */
  readonly processing: number;
  /** Time from a change until the first name servers have it. */
  readonly propagation: number;
  /** Time from a change until all name servers have it, and GetChange returns INSYNC. */
  readonly insync: number;
  /** TTL of a load balancer's address, in whole seconds. On AWS: 60 s. */
  readonly ttl: number;
  /** DNS names that resolve to load balancers from the start. */
  readonly names: readonly NameOption[];
}

/** A DNS name with a weighted record for each of several load balancers. */
export interface NameOption {
  /** For example, `www.shop.test`. */
  readonly name: string;
  /** Name of the hosted zone, which is created if it does not exist. Default: the name without its first label. */
  readonly zone?: string | undefined;
  /** `alias` (the default) targets a load balancer, `A` has its address, `CNAME` its DNS name. */
  readonly record?: 'alias' | 'A' | 'CNAME' | undefined;
  /** TTL of A and CNAME records. Default: that of aliases. */
  readonly ttl?: number | undefined;
  /** For aliases. Default: false. */
  readonly evaluateTargetHealth?: boolean | undefined;
  readonly sides: readonly SideOption[];
}

export interface SideOption {
  /** SetIdentifier of the record. Default: the load balancer's name. */
  readonly id?: string | undefined;
  /** Name of the load balancer of a target group. */
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
