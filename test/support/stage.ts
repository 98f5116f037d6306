import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import { systemClock } from '../../src/clock.ts';
import type { Elbv2Options } from '../../src/sandbox/elbv2/index.ts';
import { App } from './app.ts';
import { Elb, FakeMachines, quickTimes, type Times } from './elbv2.ts';
import { poll } from './poll.ts';

/** Real apps behind a real load balancer, with times short enough for tests. */
export class Stage {
  readonly machines = new FakeMachines();
  readonly times: Times = quickTimes();
  readonly elb: Elb;
  readonly apps = new Map<string, App>();
  #addresses = 0;

  constructor(options: Partial<Elbv2Options> = {}) {
    this.elb = new Elb({ machines: this.machines, clock: systemClock, times: this.times, ...options });
  }

  /** An instance whose app listens on an address of its own. */
  async app(id: string, release = '1', delayMs = 0): Promise<App> {
    this.#addresses += 1;
    const address = `127.3.${Math.floor(this.#addresses / 250)}.${(this.#addresses % 250) + 1}`;
    const app = await new App(id, address, delayMs).start();
    this.apps.set(id, app);
    this.machines.put(id, { address, release });
    return app;
  }

  async group(name: string): Promise<string> {
    const arn = await this.elb.group(name, { HealthCheckPath: '/health' });
    this.elb.service.setGroupTimes(arn, { intervalMs: 100, timeoutMs: 80, deregistrationDelayMs: 300 });
    return arn;
  }

  async listen(action: Action, name = 'web'): Promise<{ arn: string; url: string; port: number }> {
    return await this.elb.listener(await this.elb.loadBalancer(name), action);
  }

  targets(...ids: string[]): { Id: string; Port: number }[] {
    return ids.map((id) => ({ Id: id, Port: this.#app(id).port }));
  }

  async register(group: string, ...ids: string[]): Promise<void> {
    await this.elb.call('RegisterTargets', { TargetGroupArn: group, Targets: this.targets(...ids) });
  }

  async deregister(group: string, ...ids: string[]): Promise<void> {
    await this.elb.call('DeregisterTargets', { TargetGroupArn: group, Targets: this.targets(...ids) });
  }

  async healthy(group: string, ...ids: string[]): Promise<void> {
    const all = async (): Promise<boolean> => {
      const lines = await this.elb.health(group);
      return ids.every((id) => lines.includes(`${id} healthy`));
    };
    await poll(all, `${ids.join(', ')} healthy`);
  }

  /** Registers and waits until all are healthy. */
  async join(group: string, ...ids: string[]): Promise<void> {
    await this.register(group, ...ids);
    await this.healthy(group, ...ids);
  }

  #app(id: string): App {
    const app = this.apps.get(id);
    if (!app) throw new Error(`There is no app ${id}`);
    return app;
  }

  /** Fails when the account does not add up. */
  async close(): Promise<void> {
    const { rows, inFlight, total } = this.elb.service.traffic();
    const sum = rows.reduce((count, row) => count + row.count, inFlight);
    if (sum !== total) throw new Error(`${total} requests began, but the account says ${sum}`);
    await this.elb.service.close();
    await Promise.all([...this.apps.values()].map(async (app) => await app.kill()));
  }
}
