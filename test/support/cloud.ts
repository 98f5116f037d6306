import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { systemClock } from '../../src/clock.ts';
import { createFaults } from '../../src/sandbox/api/faults.ts';
import { createRequestLog } from '../../src/sandbox/api/requests.ts';
import { startApi } from '../../src/sandbox/api/server.ts';
import { createThrottle } from '../../src/sandbox/api/throttle.ts';
import { faultsPage } from '../../src/sandbox/api/admin.ts';
import { createEc2 } from '../../src/sandbox/ec2/index.ts';
import { reserveBlock } from '../../src/sandbox/instances/addresses.ts';
import { bundledApp } from '../../src/sandbox/instances/bundled-app.ts';
import { Instances } from '../../src/sandbox/instances/index.ts';
import { createScheduler } from '../../src/sandbox/scheduler.ts';

export interface CloudOptions {
  readonly pageSize?: number;
  readonly throttle?: boolean;
  readonly bootMs?: number;
}

/** EC2 and SSM behind the endpoint, without load balancers: what the tests of the API and of EC2 need. */
export async function startCloud(options: CloudOptions = {}) {
  const clock = systemClock;
  const scheduler = createScheduler(clock);
  const block = await reserveBlock();
  const times = { bootMs: options.bootMs ?? 0, consistencyMs: 0, latencyMs: 0 };
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const app = bundledApp(scheduler);
  const instances = new Instances({ clock, scheduler, block, app, ports: [8080], times, shutdownMs: 20, onError });
  const zones = ['eu-west-1a', 'eu-west-1b'];
  const region = 'eu-west-1';
  const ec2 = createEc2({ clock, region, zones, block, instances, pageSize: options.pageSize ?? 5, vcpus: 100_000 });
  const image = ec2.addImage('shop-41', { Release: '41' }, new Date(clock.now()));
  const faults = createFaults(scheduler, ec2.faults ?? {});
  const throttle = createThrottle(clock, options.throttle ?? false);
  const log = createRequestLog();
  const pages = {
    ...ec2.pages,
    faults: faultsPage(faults),
    requests: { read: () => log.all, reset: () => log.reset() },
  };
  const consistencyMs = () => times.consistencyMs;
  const wayMs = () => times.latencyMs / 2;
  const sleep = (ms: number) => clock.sleep(ms);
  const services = [ec2, ec2.ssm];
  const denial = () => undefined;
  const delays = { consistencyMs, wayMs, sleep };
  const api = await startApi({ port: 0, clock, services, faults, throttle, log, pages, denial, ...delays });
  const client = {
    endpoint: api.url,
    region,
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
    maxAttempts: 1,
  };
  const clients = { ec2: new EC2Client(client), ssm: new SSMClient(client) };
  return {
    ...clients,
    url: api.url,
    client,
    image: image.id,
    service: ec2,
    subnets: ec2.network.subnets.map((subnet) => subnet.id),
    instances,
    faults,
    throttle,
    log,
    times,
    errors,
    async close() {
      clients.ec2.destroy();
      clients.ssm.destroy();
      await api.close();
      await instances.close();
      scheduler.close();
      await block.close();
    },
  };
}

export type Cloud = Awaited<ReturnType<typeof startCloud>>;

/** Polls until `read` gives something; fails after `ms` with what it waited for. */
export async function eventually<T>(
  what: string,
  read: () => T | undefined | false | Promise<T | undefined | false>,
  ms = 5_000,
): Promise<T> {
  const until = performance.now() + ms;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > until) throw new Error(`Waited ${ms} ms for ${what}`);
    await systemClock.sleep(5);
  }
}
