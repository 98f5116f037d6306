import { CloudWatch } from '../../src/aws/cloudwatch.ts';
import { Route53 } from '../../src/aws/route53.ts';
import { createWeightedDns } from '../../src/traffic/weighted-dns/index.ts';
import { createWeightedListener } from '../../src/traffic/weighted-listener.ts';
import { openWorld } from './traffic-sandbox.ts';
import { trafficContract } from './traffic.contract.ts';

/** Ways that move traffic by weights keep their servers in pools as all do. */

const TIMES = { retentionMs: 60_000, steps: [100], everyMs: 1000 };

trafficContract({
  kind: 'weighted-listener',
  byWeights: true,
  byRules: true,
  batches: { 10: 1 },
  setup: async () =>
    openWorld(({ elbv2, sandbox, groups }) => {
      const urls = [...sandbox.production, ...sandbox.test].map(({ url }) => Number(new URL(url).port));
      const [production, internal, trial] = urls.map((port) => ({ loadBalancer: 'shop', port }));
      const routes = { production: [production!, internal!], test: [trial!], stickiness: 'keep' as const };
      return createWeightedListener(elbv2, { kind: 'weighted-listener', groups, ...routes, ...TIMES });
    }),
});

trafficContract({
  kind: 'weighted-dns',
  byWeights: true,
  batches: { 10: 1 },
  setup: async () =>
    openWorld(({ elbv2, session, groups }) => {
      const counter = { cloudwatch: async () => new CloudWatch(session), now: () => session.options.clock.now() };
      const residualTraffic = { requests: 10, withinMs: 60_000 };
      return createWeightedDns(
        { elbv2, route53: new Route53(session), counter },
        { kind: 'weighted-dns', groups, production: [], residualTraffic, ...TIMES },
      );
    }),
});
