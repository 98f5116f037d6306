/**
 * Benchmarks:  npm run bench [-- --rounds 21] [-- --repetitions 3] [-- --sizes 2,20,200,1000]
 *   [-- --rolling 2,8,32] [-- --parts cold,promotes,rollings,weights,names] [-- --json]; an empty list skips a part
 *             npm run bench -- --distance [--sizes 2,20,200] [--repetitions 3]: all commands, 80 ms away from AWS
 *             npm run bench -- --peers: a switch and a rolling deploy, beside the AWS CLI with its waiters
 *
 * Cold starts against an empty Node process; promotes, rolling deploys, and switches by listener weights and by DNS weights,
 * against the physical limit. Exits with 1 if a bound is exceeded. Run it on an otherwise idle machine.
 */
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/errors.ts';
import { startRig } from '../rig/sandbox.ts';
import { coldStart } from './cold.ts';
import { measureDistances } from './distance.ts';
import { measurePeers } from './peers.ts';
import { measurePromotes } from './promote.ts';
import { measureRollings } from './rolling.ts';
import { distanceTable, peerTable, promoteTable, requestTable, rollingTable, switchTable, table } from './table.ts';
import type { Row } from './table.ts';
import { measureNames, measureWeights } from './weights.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '21' },
    repetitions: { type: 'string', default: '3' },
    sizes: { type: 'string' },
    rolling: { type: 'string', default: '2,8,32' },
    parts: { type: 'string', default: 'cold,promotes,rollings,weights,names' },
    distance: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => interruption.abort(new Error(`received ${name}`)));

async function main(): Promise<number> {
  if (values.distance) return distance();
  if (values.peers) return peers();
  const parts = values.parts.split(',');
  const [repetitions, { signal }] = [Number(values.repetitions), interruption];
  const measure = async <T>(part: string, act: () => Promise<readonly T[]>): Promise<readonly T[]> =>
    parts.includes(part) ? act() : [];
  const cold = await measure('cold', measureStarts);
  if (!values.json && cold.length > 0) print(table(cold));
  const promotes = await measure('promotes', async () =>
    measurePromotes(sizesIn(values.sizes ?? '2,20,200,1000'), repetitions, signal),
  );
  if (!values.json && promotes.length > 0) print(`${promoteTable(promotes)}\n${requestTable(promotes)}`);
  const rollings = await measure('rollings', async () => measureRollings(sizesIn(values.rolling), signal));
  if (!values.json && rollings.length > 0) print(rollingTable(rollings));
  const switches = [
    ...(await measure('weights', async () => measureWeights(repetitions, signal))),
    ...(await measure('names', async () => measureNames(repetitions, signal))),
  ];
  if (values.json) print(JSON.stringify({ coldStart: cold, promotes, rollings, switches }));
  else if (switches.length > 0) print(switchTable(switches));
  const isQuick = [...cold, ...rollings].every(({ ok }) => ok);
  return isQuick && [...promotes, ...switches].every(({ faults }) => faults.length === 0) ? 0 : 1;
}

async function distance(): Promise<number> {
  const sizes = sizesIn(values.sizes ?? '2,20,200');
  const rows = await measureDistances(sizes, Number(values.repetitions), interruption.signal);
  print(values.json ? JSON.stringify({ distance: rows }) : distanceTable(rows));
  return rows.every(({ ok }) => ok) ? 0 : 1;
}

async function peers(): Promise<number> {
  const rows = await measurePeers(interruption.signal);
  print(values.json ? JSON.stringify({ peers: rows }) : peerTable(rows));
  return 0;
}

function sizesIn(list: string): readonly number[] {
  return list.split(',').filter(Boolean).map(Number);
}

async function measureStarts(): Promise<readonly Row[]> {
  if (Number(values.rounds) === 0) return [];
  await using rig = await startRig();
  return await coldStart(rig, Number(values.rounds));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`bench: ${messageOf(error)}\n`);
  return 1;
});
