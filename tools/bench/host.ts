/**
 * A sandbox of any size in a separate process:  node tools/bench/host.ts --config FILE --instances N [--drain MS] [--distance]
 *
 * `turnout sandbox` does not allow fleets of 1,000 instances, nor quotas for two of them in one target group and four times as many
 * at one load balancer.
 */
import { parseArgs } from 'node:util';
import { frontOf } from '../../src/commands/front.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createElbv2 } from '../../src/sandbox/elbv2/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { DISTANCE, QUICK, timesFor } from './times.ts';

const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    instances: { type: 'string' },
    drain: { type: 'string' },
    distance: { type: 'boolean', default: false },
  },
});
const config = loadConfig({ path: values.config!, env: process.env, cwd: process.cwd() });
const instances = Number(values.instances);
const { releases, release, zones, appPort, productionPort, testPort } = config.sandbox!;

const sandbox = await startSandbox(
  {
    ...timesFor(instances),
    ...QUICK,
    ...(values.distance ? DISTANCE : {}),
    ...(values.drain === undefined ? {} : { deregistrationDelay: Number(values.drain) }),
    port: 0,
    environment: config.environment,
    template: config.fleet.kind === 'opsworks' ? undefined : config.fleet.launchTemplate?.name,
    scalingGroups: config.fleet.kind === 'auto-scaling' ? config.fleet.groups : undefined,
    imageName: config.fleet.image?.name,
    ...frontOf(config.traffic, appPort),
    pageSize: 1000,
    releases,
    release,
    zones,
    appPort,
    productionPort,
    testPort,
    instances,
  },
  (options) =>
    createElbv2({ ...options, quotas: { targetsPerGroup: 2 * instances, targetsPerLoadBalancer: 4 * instances } }),
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.close());
const exports = {
  AWS_ENDPOINT_URL: sandbox.url,
  AWS_REGION: sandbox.region,
  AWS_ACCESS_KEY_ID: 'sandbox',
  AWS_SECRET_ACCESS_KEY: 'sandbox',
};
const urls = { production: sandbox.production.map(({ url }) => url), test: sandbox.test.map(({ url }) => url) };
process.stdout.write(`${JSON.stringify({ endpoint: sandbox.url, region: sandbox.region, exports, urls })}\n`);
