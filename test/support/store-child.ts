/**
 * A contender for a lease, as a process of its own: `node store-child.ts OPENER LOCATION COMMAND ...`
 * `hold TTL`: takes the lease, prints its fence, and stays. `write TTL`: takes it and records goals without end.
 * `contend COUNT FOLDER NAME`: waits for the lease and takes it COUNT times, with random pauses; now and then it goes
 * silent while it has the lease, or while it waits. Writes each turn into FOLDER/turns as a line of JSON.
 */
import { appendFileSync, closeSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ahead, Holder, Store } from '../../src/stores/store.ts';
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
  contend: async () => {
    const [count = '', folder = '', name = ''] = args;
    for (let turn = 0; turn < Number(count); turn++) {
      if (Math.random() < SILENT) await vanish(folder, holder(`${name}-${turn}-vanished`));
      await take(folder, holder(`${name}-${turn}`));
    }
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

const MINUTE = 60_000;
/** How often one goes silent, and how long the others then have to wait. */
const SILENT = 0.01;
const SILENCE_MS = 150;

/** Waits for its turn, and has the lease for a moment. The witness can only be made while nobody else has it. */
async function take(folder: string, who: Holder): Promise<void> {
  const dies = Math.random() < SILENT;
  const ttlMs = dies ? SILENCE_MS : MINUTE;
  const first = await store.enqueue(who, ttlMs, MINUTE);
  let got = first;
  while (!('lease' in got)) {
    // The further back, the less often: asking costs those who are at work.
    await sleep(1 + Math.random() * 8 * (1 + got.queue.length));
    got = await store.enqueue(who, ttlMs, MINUTE);
  }
  const witness = join(folder, 'held');
  closeSync(openSync(witness, 'wx'));
  write(folder, { run: who.run, fence: got.lease.fence, ...('lease' in first ? {} : { ahead: ahead(first) }) });
  if (!dies) await sleep(Math.random());
  unlinkSync(witness);
  if (!dies) await store.release(got.lease);
}

/** Takes a place and never comes back for it. */
async function vanish(folder: string, who: Holder): Promise<void> {
  const got = await store.enqueue(who, MINUTE, SILENCE_MS);
  if ('lease' in got) return store.release(got.lease);
  write(folder, { run: who.run, ahead: ahead(got) });
}

function ahead({ heldBy, queue }: Ahead): readonly string[] {
  return [...(heldBy ? [heldBy] : []).map((lease) => lease.holder.run), ...queue.map(({ run }) => run)];
}

function write(folder: string, turn: object): void {
  appendFileSync(join(folder, 'turns'), `${JSON.stringify(turn)}\n`);
}

await commands[command]!();
