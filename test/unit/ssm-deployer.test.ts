import { expect, test } from 'vitest';
import { Session } from '../../src/aws/session.ts';
import { Ssm, type Command } from '../../src/aws/ssm.ts';
import { systemClock } from '../../src/clock.ts';
import type { DeployRequest } from '../../src/deployers/deployer.ts';
import { createSsmDeployer } from '../../src/deployers/ssm.ts';
import type { Instance } from '../../src/domain/snapshot.ts';

/** SSM as it answers when a test says so; what it was sent is kept, and not listed by itself. */
class Scripted extends Session {
  readonly sent: Command[] = [];
  listed: readonly Command[] = [];

  constructor() {
    const options = { region: 'eu-west-1', maxAttempts: 1, requestsPerSecond: 100, version: '0', run: 'r1' };
    super({ ...options, clock: systemClock, changes: 'once', beforeChange: async () => {}, onThrottled: () => {} });
  }

  override connect() {
    return async (command: object): Promise<never> => this.#answer(command as Asked) as never;
  }

  #answer({ constructor: { name }, input }: Asked): object {
    if (name === 'ListCommandsCommand') return { Commands: this.listed };
    if (name === 'GetCommandInvocationCommand') return { StandardOutputContent: 'boom' };
    if (name === 'ListCommandInvocationsCommand') return { CommandInvocations: this.#invocations(input) };
    const command = { ...input, CommandId: `c-${this.sent.length}` };
    this.sent.push(command);
    return { Command: command };
  }

  #invocations({ CommandId }: Command): readonly object[] {
    const { InstanceIds = [], Status } = this.listed.find((one) => one.CommandId === CommandId) ?? {};
    return InstanceIds.map((InstanceId) => ({ CommandId, InstanceId, Status }));
  }
}

interface Asked {
  readonly constructor: { readonly name: string };
  readonly input: Command;
}

const PARAMETERS = { migrate: ['{migrate}'] };

function open() {
  const session = new Scripted();
  const options = { document: 'shop-deploy', parameters: PARAMETERS, deliveryS: 60 };
  return { session, deployer: createSsmDeployer({ ...options, ssm: new Ssm(session) }) };
}

function requestFor(count: number, migrate = false): DeployRequest {
  const instances = Array.from({ length: count }, (_, n): Instance => ({
    id: `i-${n}`,
    zone: 'a',
    state: 'running',
    launchedAt: 0,
  }));
  return { token: 'r1/1', since: new Date(0).toISOString(), environment: 'shop', release: '42', instances, migrate };
}

test('50 instances a command, each once, and one of them migrates', async () => {
  const { session, deployer } = open();
  await deployer.start(requestFor(120, true));
  const all = session.sent.map(({ InstanceIds = [], Parameters }) => ({
    ids: InstanceIds,
    migrate: Parameters?.['migrate'],
  }));
  expect(all.map(({ ids, migrate }) => `${ids.length} ${String(migrate)}`)).toEqual([
    '1 true',
    '50 false',
    '50 false',
    '19 false',
  ]);
  expect(new Set(all.flatMap(({ ids }) => ids)).size).toBe(120);
});

test('an attempt before is no answer while what was sent after it is not listed yet', async () => {
  const { session, deployer } = open();
  const request = requestFor(1);
  const before: Command = { CommandId: 'c-old', InstanceIds: ['i-0'], Comment: 'turnout r1/1', Status: 'Failed' };
  session.listed = [before];
  expect(await deployer.status(request)).toMatchObject({ state: 'failed', instances: [{ output: ['boom'] }] });
  await deployer.start(request);
  expect(await deployer.status(request)).toMatchObject({ state: 'pending' });
  session.listed = [{ ...session.sent[0], Status: 'Success', RequestedDateTime: new Date() }, before];
  expect(await deployer.status(request)).toMatchObject({ state: 'succeeded' });
});
