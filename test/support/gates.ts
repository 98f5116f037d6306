import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { GateConfig } from '../../src/config/config.ts';
import type { Occasion } from '../../src/gates/gates.ts';
import { createGates, type GateTools } from '../../src/gates/index.ts';
import { createGuardian } from '../../src/programs/guardian.ts';

/** Gates as the config opens them, and what they are asked about. */

export const HTTP_GATE = { dryRun: false, headers: {}, timeoutMs: 2000 } as const;
export const SINCE = Date.UTC(2026, 0, 1, 12, 0, 30);
export const MINUTE = 60_000;
const POOL = (name: string) => ({
  name,
  arn: `arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/${name}/7`,
  loadBalancers: ['arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/shop/9'],
});
export const ALONE: Occasion = {
  green: { release: '42', pools: [POOL('green')] },
  percent: 100,
  since: SINCE,
  now: SINCE + 10 * MINUTE,
  seconds: 600,
};
export const BOTH: Occasion = { ...ALONE, percent: 50, blue: { release: '41', pools: [POOL('blue')] } };

export function gatesOf(config: GateConfig, more: Partial<GateTools> = {}) {
  const guardian = createGuardian();
  onTestFinished(() => guardian.close());
  const variables = () => ({ TURNOUT_ENVIRONMENT: 'shop', TURNOUT_RUN: 'run-7' });
  const tools = {
    environment: 'shop',
    variables,
    clock: systemClock,
    guardian,
    onOutput: () => {},
    cloudwatch: nothing,
    ...more,
  };
  const port = createGates({ gates: [config], onInconclusive: 'hold' }, tools);
  onTestFinished(async () => port.end());
  const [gate] = port.gating.gates;
  return { port, judge: async (occasion = ALONE) => port.judge(gate!, occasion) };
}

const nothing = async (): Promise<never> => Promise.reject(new Error('no CloudWatch here'));

/** A real server; resolves to its URL. */
export async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
