/**
 * A contender for a lease, as a process of its own: `node store-child.ts OPENER LOCATION COMMAND ...`
 * `hold TTL`: takes the lease, prints its fence, and stays. `write TTL`: takes it and records goals without end.
 * `contend COUNT FOLDER NAME SANDBOX`: waits for the lease and takes it COUNT times, with random pauses; now and then it goes
 * silent while it has the lease, or while it waits. Writes each turn into FOLDER/turns as a line of JSON, and changes
 * something at the sandbox.
 */
import { appendFileSync, closeSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueStatus, Holder, Lease, Store } from '../../src/stores/store.ts';
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
    const [count = '', folder = '', name = '', sandbox = ''] = args;
    for (let turn = 0; turn < Number(count); turn++) {
      if (Math.random() < SILENT) await vanish(folder, holder(`${name}-${turn}-vanished`));
      await take({ folder, sandbox }, holder(`${name}-${turn}`));
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

interface Place {
  readonly folder: string;
  /** URL of its API. */
  readonly sandbox: string;
}

const MINUTE = 60_000;
/** How often one goes silent, and how long the others then have to wait. */
const SILENT = 0.03;
const SILENCE_MS = 150;

/**
 * Waits for its turn, and changes something at the sandbox while it has the lease. The witness can only be made while no process
 * else has it.
 */
async function take({ folder, sandbox }: Place, who: Holder): Promise<void> {
  const first = await store.acquire(who, MINUTE, MINUTE);
  let got = first;
  for (let tookMs = 0; !('lease' in got);) {
    // The further back, and the busier the store, the less often: asking costs those who are at work.
    await sleep(1 + Math.random() * 8 * (1 + got.queue.length) + tookMs * got.queue.length);
    const asked = performance.now();
    got = await store.acquire(who, MINUTE, MINUTE);
    tookMs = performance.now() - asked;
  }
  const { lease } = got;
  const witness = join(folder, 'held');
  closeSync(openSync(witness, 'wx'));
  write(folder, { run: who.run, fence: lease.fence, ...('lease' in first ? {} : { ahead: ahead(first) }) });
  await change(sandbox, lease);
  unlinkSync(witness);
  if (Math.random() >= SILENT) return store.release(lease);
  // Its lease is over soon, perhaps before it comes back; then it must not change anything.
  await store.renew(lease, SILENCE_MS, 'going silent');
  await sleep(Math.random() * 2 * SILENCE_MS);
  if (!(await store.renew(lease, MINUTE, 'back'))) return;
  await change(sandbox, lease);
  await store.release(lease);
}

/** A request as one of turnout looks to the sandbox, which keeps a record of it. */
async function change(sandbox: string, { fence, holder: { run } }: Lease): Promise<void> {
  const body = new URLSearchParams({
    Action: 'CreateTags',
    'ResourceId.1': 'i-0',
    'Tag.1.Key': 'a',
    Version: '2016-11-15',
  });
  const headers = { 'user-agent': `turnout/0 run/${run} fence/${fence}`, authorization: SIGNED };
  const answer = await fetch(sandbox, { method: 'POST', headers, body });
  await answer.text();
}

const SIGNED = 'AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=0';

/** Takes a place and never comes back for it. */
async function vanish(folder: string, who: Holder): Promise<void> {
  const got = await store.acquire(who, MINUTE, SILENCE_MS);
  if ('lease' in got) return store.release(got.lease);
  write(folder, { run: who.run, ahead: ahead(got) });
}

function ahead({ heldBy, queue }: QueueStatus): readonly string[] {
  return [...(heldBy ? [heldBy] : []).map((lease) => lease.holder.run), ...queue.map(({ run }) => run)];
}

function write(folder: string, turn: object): void {
  appendFileSync(join(folder, 'turns'), `${JSON.stringify(turn)}\n`);
}

await commands[command]!();
