import { cannotAsk, trafficIn, type FoundTraffic, type InitChoices } from '../../src/run/init/propose.ts';
import type { AccountSeen, GroupSeen, ServerSeen } from '../../src/run/init/seen.ts';
import type { Proposal } from '../../src/run/init/texts.ts';

/** Accounts, as `init` sees them. */

export const ALB = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/acme/50dc6c495c0c9188';

export function group(name: string, more: Partial<GroupSeen> = {}): GroupSeen {
  const times = { interval: 10, timeout: 4, healthy: 3, unhealthy: 2 };
  const check = { protocol: 'HTTP', port: 'traffic-port', path: '/health', codes: '200-299', ...times };
  return {
    name,
    arn: `arn:${name}`,
    port: 80,
    protocol: 'HTTP',
    vpc: 'vpc-1',
    balancer: ALB,
    check,
    targets: [],
    scaling: [],
    ...more,
  };
}

export const WEB = group('acme-web', { targets: [{ id: 'i-1', port: 8080 }] });
export const TRIAL = group('acme-trial');

export function route(name: string, ...groups: readonly string[]): AccountSeen['routes'][number] {
  const weights = Object.fromEntries(groups.map((one, n) => [one, n === 0 ? 100 : 0]));
  return { name, by: 'listener', url: `http://${name}/`, weights, stickyS: 0 };
}

export function account(groups: readonly GroupSeen[], ...routes: AccountSeen['routes']): AccountSeen {
  return { account: '123456789012', region: 'eu-west-1', groups, routes, hosts: {}, names: [], unread: [] };
}

export function found(seen: AccountSeen, choices: InitChoices = {}): FoundTraffic {
  const traffic = trafficIn(seen, choices);
  if ('asks' in traffic) throw cannotAsk(traffic);
  return traffic;
}

export async function trying(work: () => unknown): Promise<void> {
  work();
}

export function proposal(traffic: FoundTraffic, more: Partial<Proposal> = {}): Proposal {
  const [source, template, marker] = [undefined, undefined, undefined];
  return {
    environment: 'acme',
    account: '123456789012',
    region: 'eu-west-1',
    traffic,
    source,
    template,
    marker,
    ci: false,
    notes: [],
    ...more,
  };
}

export function server(more: Partial<ServerSeen>): ServerSeen {
  return { id: 'i-1', image: undefined, template: undefined, userData: undefined, ...more };
}

export const PLAIN = account([WEB, TRIAL], route('acme:80', 'acme-web'), route('acme:8081', 'acme-trial'));
