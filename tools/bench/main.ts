/**
 * How long things take:  npm run bench [-- --rounds 21] [-- --json]
 *
 * Exits with 1 when something takes longer than it may.
 */
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/errors.ts';
import { startRig } from '../rig/sandbox.ts';
import { coldStart } from './cold.ts';
import { table } from './table.ts';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '21' }, json: { type: 'boolean', default: false } },
  });
  await using rig = await startRig();
  const rows = await coldStart(rig, Number(values.rounds));
  process.stdout.write(values.json ? `${JSON.stringify({ coldStart: rows })}\n` : `${table(rows)}\n`);
  return rows.every(({ ok }) => ok) ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`bench: ${messageOf(error)}\n`);
  return 1;
});
