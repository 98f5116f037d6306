import { afterEach, describe, expect, test } from 'vitest';
import type { DeployerPort, DeployRequest } from '../../src/deployers/deployer.ts';
import type { DeployReport } from '../../src/domain/deploys.ts';
import type { Instance } from '../../src/domain/snapshot.ts';
import { poll } from '../support/poll.ts';

/** How deploys on an instance go from now on. A failing one writes `boom 7` as its last line before it fails. */
export type Fate = 'succeed' | 'fail' | 'hang';

/** Two running instances, and a deployer that really changes them. */
export interface DeployerWorld {
  readonly instances: readonly [Instance, Instance];
  /** The deployer, as a process opens it; another call is another process. `lines` is given what is streamed. */
  open(lines?: string[]): DeployerPort;
  fate(instance: string, fate: Fate): void;
  /** The releases that deploys have started to deliver to the instance, in order: one for each start. */
  begun(instance: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface DeployerSuite {
  readonly setup: () => Promise<DeployerWorld>;
  /** A deploy goes on when the process that started it has ended. */
  readonly isRemote: boolean;
  /** After `stop` it is certain that nothing is at work. */
  readonly stops: boolean;
}

type Start = () => Promise<DeployerWorld>;

/** What every deployer must do: see `DeployerPort`. Each test has a world of its own. */
export function deployerContract(name: string, { setup, isRemote, stops }: DeployerSuite): void {
  const open: DeployerWorld[] = [];
  const start: Start = async () => {
    const world = await setup();
    open.push(world);
    return world;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map(async (world) => world.close()));
  });
  describe(`${name} is a deployer`, () => {
    deployContract(start);
    failureContract(start);
    repeatContract(start, isRemote);
    stopContract(start, stops);
  });
}

function requestFor(instances: readonly Instance[], change: Partial<DeployRequest> = {}): DeployRequest {
  return {
    token: '261122-0612-k3f9/1',
    since: new Date(0).toISOString(),
    environment: 'shop',
    release: '42',
    previous: '41',
    instances,
    migrate: false,
    ...change,
  };
}

/** Looks until the deploy has ended. */
async function ended(deployer: DeployerPort, request: DeployRequest): Promise<DeployReport> {
  let report: DeployReport | undefined;
  const isOver = async (): Promise<boolean> => {
    report = await deployer.status(request);
    return report?.state === 'succeeded' || report?.state === 'failed';
  };
  await poll(isOver, 'the end of the deploy', 15_000);
  return report as DeployReport;
}

function deployContract(start: Start): void {
  test('knows no deploy before one was started', async () => {
    const world = await start();
    expect(await world.open().status(requestFor(world.instances))).toBeUndefined();
  });

  test('delivers the release to every instance of the request, once', async () => {
    const world = await start();
    const [a, b] = world.instances;
    const deployer = world.open();
    const request = requestFor([a, b]);
    await deployer.prepare(request);
    expect(await world.begun(a.id)).toEqual([]);
    await deployer.start(request);
    const report = await ended(deployer, request);
    expect(report).toMatchObject({ token: request.token, state: 'succeeded' });
    expect(report.instances.map(({ id, state }) => [id, state])).toEqual([
      [a.id, 'succeeded'],
      [b.id, 'succeeded'],
    ]);
    expect([await world.begun(a.id), await world.begun(b.id)]).toEqual([['42'], ['42']]);
  });

  test('another token is another deploy', async () => {
    const world = await start();
    const [a] = world.instances;
    const deployer = world.open();
    const first = requestFor([a]);
    await deployer.start(first);
    await ended(deployer, first);
    const second = requestFor([a], { token: '261122-0612-k3f9/2', release: '43' });
    expect(await deployer.status(second)).toBeUndefined();
    await deployer.start(second);
    expect((await ended(deployer, second)).state).toBe('succeeded');
    expect(await world.begun(a.id)).toEqual(['42', '43']);
  });
}

function failureContract(start: Start): void {
  test('a failed deploy is reported with the end of its output, by instance', async () => {
    const world = await start();
    const [a, b] = world.instances;
    world.fate(b.id, 'fail');
    const deployer = world.open();
    const request = requestFor([a, b]);
    await deployer.start(request);
    const report = await ended(deployer, request);
    expect(report.state).toBe('failed');
    const sick = report.instances.find(({ id }) => id === b.id);
    expect(sick?.state).toBe('failed');
    expect(sick?.why).toBeTruthy();
    expect((sick?.output ?? []).join('\n')).toContain('boom 7');
  });

  test('what failed is tried again with the same token', async () => {
    const world = await start();
    const [a] = world.instances;
    world.fate(a.id, 'fail');
    const deployer = world.open();
    const request = requestFor([a]);
    await deployer.start(request);
    await ended(deployer, request);
    world.fate(a.id, 'succeed');
    await deployer.start(request);
    expect((await ended(deployer, request)).state).toBe('succeeded');
    expect(await world.begun(a.id)).toEqual(['42', '42']);
  });
}

function repeatContract(start: Start, isRemote: boolean): void {
  test('a deploy that is under way or has succeeded is not started twice', async () => {
    const world = await start();
    const [a] = world.instances;
    const deployer = world.open();
    const request = requestFor([a]);
    await deployer.start(request);
    await deployer.start(request);
    await ended(deployer, request);
    await deployer.start(request);
    expect((await ended(deployer, request)).state).toBe('succeeded');
    expect(await world.begun(a.id)).toEqual(['42']);
  });

  test.runIf(isRemote)('another process adopts it instead of starting a second one', async () => {
    const world = await start();
    const [a] = world.instances;
    const request = requestFor([a]);
    await world.open().start(request);
    const other = world.open();
    await other.start(request);
    expect((await ended(other, request)).state).toBe('succeeded');
    expect(await world.begun(a.id)).toEqual(['42']);
  });
}

function stopContract(start: Start, stops: boolean): void {
  test('says whether anything may still be at work once it was stopped', async () => {
    const world = await start();
    const [a] = world.instances;
    world.fate(a.id, 'hang');
    const deployer = world.open();
    const request = requestFor([a]);
    await deployer.start(request);
    await poll(async () => (await world.begun(a.id)).length > 0, 'the deploy to begin', 15_000);
    expect((await deployer.status(request))?.state).toBe('running');
    expect(await deployer.stop(request)).toBe(stops);
  });
}
