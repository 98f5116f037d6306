/**
 * Benchmarks:  npm run bench [-- --rounds 21] [-- --repetitions 3] [-- --sizes 2,20,200,1000]
 *   [-- --rolling 2,8,32] [-- --parts cold,promotes,rollings,plans,weights,names] [-- --json]; an empty list skips a part
 *             npm run bench -- --distance [--sizes 2,20,200] [--repetitions 3]: all commands, 80 ms away from AWS
 *             npm run bench -- --fleet auto-scaling [--sizes 2,20,200,1000] [--repetitions 1]: up, and a switch by listener weights, of groups
 *             npm run bench -- --peers [--delays 10,300] [--checked 60]: a switch and rolling deploys with these deregistration delays,
 *               without and with a drain check, beside the AWS CLI with its waiters and Ansible's elb_target
 *             npm run bench -- --all: all of these, each once, for few sizes
 *   With --write, docs/speed.md gets the tables of what was measured.
 *
 * Cold starts against an empty Node process; promotes, rolling deploys, and switches by listener weights and by DNS weights,
 * against the physical limit. Exits with 1 if a bound is exceeded. Run it on an otherwise idle machine.
 */
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/errors.ts';
import { startRig } from '../rig/sandbox.ts';
import { coldStart } from './cold.ts';
import { measureDistances } from './distance.ts';
import { measureGroups } from './groups.ts';
import { measurePeers } from './peers.ts';
import { measurePromotes } from './promote.ts';
import { measurePlans } from './plan.ts';
import { measureRollings } from './rolling.ts';
import { writePage } from './page.ts';
import {
  distanceTable,
  draw,
  groupTable,
  peerTable,
  planTable,
  promoteTable,
  requestTable,
  rollingTable,
  startTable,
  switchTable,
  type Grid,
  type Row,
} from './table.ts';
import { measureNames, measureWeights } from './weights.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '21' },
    repetitions: { type: 'string', default: '3' },
    sizes: { type: 'string' },
    rolling: { type: 'string', default: '2,8,32' },
    parts: { type: 'string', default: 'cold,promotes,rollings,plans,weights,names' },
    distance: { type: 'boolean', default: false },
    fleet: { type: 'string', default: 'ec2' },
    peers: { type: 'boolean', default: false },
    delays: { type: 'string', default: '10' },
    checked: { type: 'string', default: '60' },
    all: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const tables = new Map<string, Grid>();
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => interruption.abort(new Error(`received ${name}`)));

async function measured(): Promise<number> {
  const code = await main();
  if (values.write) await writePage(tables);
  return code;
}

async function main(): Promise<number> {
  if (values.all) return all();
  if (values.distance) return distance();
  if (values.peers) return peers();
  if (values.fleet === 'auto-scaling') return groups();
  if (values.fleet !== 'ec2') throw new Error(`There is no fleet ${values.fleet}: ec2 or auto-scaling.`);
  return nearby();
}

/** Each part once, for few sizes: less than 25 minutes. One that fails keeps no other from being measured. */
async function all(): Promise<number> {
  const parts = [
    ['nearby', nearby, { repetitions: '1', rolling: '2,8' }],
    ['distance', distance, { sizes: '20' }],
    ['groups', groups, { sizes: '2,200' }],
    ['peers', peers, {}],
  ] as const;
  let code = 0;
  for (const [name, measure, options] of parts) {
    Object.assign(values, options);
    code = Math.max(code, await reported(name, measure));
  }
  return code;
}

async function reported(name: string, measure: () => Promise<number>): Promise<number> {
  const startedAt = performance.now();
  const code = await measure().catch((error: unknown) => {
    process.stderr.write(`bench: ${name}: ${messageOf(error)}\n`);
    return 1;
  });
  process.stderr.write(`bench: ${name} took ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
  return code;
}

/** On the loopback interface. */
async function nearby(): Promise<number> {
  const parts = values.parts.split(',');
  const [repetitions, { signal }] = [Number(values.repetitions), interruption];
  const measure = async <T>(part: string, act: () => Promise<readonly T[]>): Promise<readonly T[]> =>
    parts.includes(part) ? act() : [];
  const cold = await measure('cold', measureStarts);
  show('start', cold, startTable);
  const promotes = await measure('promotes', async () =>
    measurePromotes(sizesIn(values.sizes ?? '2,20,200,1000'), repetitions, signal),
  );
  show('promotes', promotes, promoteTable);
  show('requests', promotes, requestTable);
  const rollings = await measure('rollings', async () => measureRollings(sizesIn(values.rolling), signal));
  show('rolling', rollings, rollingTable);
  const plans = await measure('plans', async () => measurePlans([1000, 5000], signal));
  show('plans', plans, planTable);
  const switches = [
    ...(await measure('weights', async () => measureWeights(repetitions, signal))),
    ...(await measure('names', async () => measureNames(repetitions, signal))),
  ];
  show('switches', switches, switchTable);
  if (values.json) print(JSON.stringify({ coldStart: cold, promotes, rollings, plans, switches }));
  const isQuick = [...cold, ...rollings, ...plans].every(({ ok }) => ok);
  return isQuick && [...promotes, ...switches].every(({ faults }) => faults.length === 0) ? 0 : 1;
}

async function distance(): Promise<number> {
  const sizes = sizesIn(values.sizes ?? '2,20,200');
  const rows = await measureDistances(sizes, Number(values.repetitions), interruption.signal);
  show('distance', rows, distanceTable);
  if (values.json) print(JSON.stringify({ distance: rows }));
  return rows.every(({ ok }) => ok) ? 0 : 1;
}

async function groups(): Promise<number> {
  const sizes = sizesIn(values.sizes ?? '2,20,200,1000');
  const tell = (line: string): void => void process.stderr.write(`bench: ${line}\n`);
  const rows = await measureGroups(sizes, Number(values.repetitions), interruption.signal, tell);
  show('groups', rows, groupTable);
  if (values.json) print(JSON.stringify({ groups: rows }));
  return rows.every(({ faults }) => faults.length === 0) ? 0 : 1;
}

async function peers(): Promise<number> {
  const rows = await measurePeers(
    { delays: sizesIn(values.delays), checked: sizesIn(values.checked) },
    interruption.signal,
  );
  show('peers', rows, peerTable);
  if (values.json) print(JSON.stringify({ peers: rows }));
  return rows.every(({ peerMs, turnoutMs, least = 0 }) => peerMs === undefined || peerMs >= least * turnoutMs) ? 0 : 1;
}

/** Each table as soon as it is measured. */
function show<T>(name: string, rows: readonly T[], tableOf: (rows: readonly T[]) => Grid): void {
  if (rows.length === 0) return;
  tables.set(name, tableOf(rows));
  if (!values.json) print(draw(tableOf(rows)));
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

process.exitCode = await measured().catch((error: unknown) => {
  process.stderr.write(`bench: ${messageOf(error)}\n`);
  return 1;
});
