/**
 * A contender for a lease, as a process of its own: `node store-child.ts OPENER LOCATION COMMAND ...`
 * `hold TTL`: takes the lease, prints its fence, and stays. `race COUNT FOLDER`: takes and returns the lease COUNT times.
 * `write TTL`: takes the lease and records goals without end.
 */
import { appendFileSync, closeSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../../src/stores/store.ts';
import { goal, holder, leaseOf } from './store-samples.ts';

const [opener = '', location = '', command = '', ...args] = process.argv.slice(2);
const { open } = (await import(opener)) as { readonly open: (location: string) => Promise<Store> };
const store = await open(location);

const commands: Record<string, () => Promise<void>> = {
  hold: async () => {
    const { fence } = leaseOf(await store.acquire(holder('held-by-child'), Number(args[0])));
    process.stdout.write(`${fence}\n`);
    setInterval(() => undefined, 60_000);
  },
  race: async () => {
    for (let won = 0; won < Number(args[0]);) won += await turn(args[1]!);
    await store.close();
  },
  write: async () => {
    const lease = leaseOf(await store.acquire(holder('writer'), Number(args[0])));
    process.stdout.write(`${lease.fence}\n`);
    for (let step = 0; ; step++) {
      await store.putGoal(lease, goal(`writer-${lease.fence}`, step));
      await store.log({ ...goal('').goal, host: 'desk', outcome: 'running', message: '', awsRequests: step });
    }
  },
};

/** 1 when it had the lease. The file is the witness: it can only be made while nobody else has it. */
async function turn(folder: string): Promise<number> {
  const acquired = await store.acquire(holder(`racer-${process.pid}`), 60_000);
  if (!('lease' in acquired)) {
    await sleep(Math.random() * 4);
    return 0;
  }
  const witness = join(folder, 'held');
  closeSync(openSync(witness, 'wx'));
  appendFileSync(join(folder, 'fences'), `${acquired.lease.fence}\n`);
  await sleep(Math.random());
  unlinkSync(witness);
  await store.release(acquired.lease);
  return 1;
}

await commands[command]!();
