import { Route53 } from '../../src/aws/route53.ts';
import { counterOf } from '../../src/traffic/residual-traffic.ts';
import { createWeightedDns } from '../../src/traffic/weighted-dns/index.ts';
import { createWeightedListener } from '../../src/traffic/weighted-listener.ts';
import { DECORATORS } from './traffic-decorators.ts';
import { openWorld } from './traffic-sandbox.ts';
import { trafficContract } from './traffic.contract.ts';

/** Ways that move traffic by weights keep their servers in pools as all do. */

const TIMES = { retentionMs: 60_000, residualTraffic: { requests: 10, withinMs: 60_000 }, steps: [100], everyMs: 1000 };

for (const [decorated, decorate] of Object.entries(DECORATORS)) {
  trafficContract({
    kind: 'weighted-listener',
    traffic: 'listener-weights',
    decorated,
    byWeights: true,
    byRules: true,
    batches: { 10: 1 },
    setup: async () =>
      openWorld(({ elbv2, session, sandbox, groups }) => {
        const urls = [...sandbox.production, ...sandbox.test].map(({ url }) => Number(new URL(url).port));
        const [production, internal, trial] = urls.map((port) => ({ loadBalancer: 'shop', port }));
        const routes = { production: [production!, internal!], test: [trial!], stickiness: 'keep' as const };
        const config = { kind: 'weighted-listener', groups, ...routes, ...TIMES } as const;
        return decorate(createWeightedListener(elbv2, config, counterOf(session)), elbv2);
      }),
  });

  trafficContract({
    kind: 'weighted-dns',
    traffic: 'dns-weights',
    decorated,
    byWeights: true,
    batches: { 10: 1 },
    setup: async () =>
      openWorld(({ elbv2, session, groups }) => {
        const config = { kind: 'weighted-dns', groups, production: [], ...TIMES } as const;
        return decorate(
          createWeightedDns({ elbv2, route53: new Route53(session), counter: counterOf(session) }, config),
          elbv2,
        );
      }),
  });
}
