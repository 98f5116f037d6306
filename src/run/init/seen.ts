import type { OutsideRoute } from '../../domain/traffic.ts';

/** What `init` has read from an account. */

/** Of a target group; times in seconds. */
export interface HealthCheckSeen {
  readonly protocol: string;
  readonly port: string;
  readonly path: string | undefined;
  /** The status codes that pass; undefined where a connection is enough. */
  readonly codes: string | undefined;
  readonly interval: number;
  readonly timeout: number;
  readonly healthy: number;
  readonly unhealthy: number;
}

/** An Auto Scaling group. */
export interface ScalingSeen {
  readonly name: string;
  readonly template: { readonly id: string; readonly version: string } | undefined;
  readonly maximum: number;
  readonly subnets: string;
  readonly healthCheck: string;
  /** Seconds. */
  readonly grace: number;
}

export interface GroupSeen {
  readonly name: string;
  readonly arn: string;
  readonly port: number;
  readonly protocol: string;
  readonly vpc: string;
  /** ARN of the load balancer that forwards to it. */
  readonly balancer: string | undefined;
  readonly check: HealthCheckSeen;
  readonly targets: readonly { readonly id: string; readonly port: number }[];
  /** Auto Scaling groups that register what they launch with it. */
  readonly scaling: readonly ScalingSeen[];
}

/** A DNS name that leads to load balancers of ours. */
export interface NameSeen {
  /** Name of the hosted zone, or its id where several have that name. */
  readonly zone: string;
  readonly name: string;
  readonly type: string;
  /** `id`: the set identifier. `balancer`: the name of the load balancer; undefined where it is something else. */
  readonly records: readonly {
    readonly id: string | undefined;
    readonly weight: number | undefined;
    readonly balancer: string | undefined;
  }[];
}

export interface AccountSeen {
  readonly account: string;
  readonly region: string;
  /** Those for instances. */
  readonly groups: readonly GroupSeen[];
  readonly routes: readonly OutsideRoute[];
  /** The host names for which a route is, by its name; none: for all. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  readonly names: readonly NameSeen[];
  /** What could not be read, and why, as sentences. */
  readonly unread: readonly string[];
}

/** A server in production. */
export interface ServerSeen {
  readonly id: string;
  readonly image:
    | { readonly id: string; readonly name: string | undefined; readonly tags: Readonly<Record<string, string>> }
    | undefined;
  readonly template:
    | { readonly id: string; readonly version: string; readonly description: string | undefined }
    | undefined;
  /** As text; undefined where it has none, or cannot be read. */
  readonly userData: string | undefined;
}

/** Several would do, and only a person knows which. */
export interface Question {
  readonly flag: 'production' | 'test' | 'release-from';
  readonly asks: string;
  readonly among: readonly string[];
}
