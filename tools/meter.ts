/**
 * Sends HTTP requests at a constant rate and counts each one:  node tools/meter.ts --url URL [--rate 200] [--connections 16] [--timeout 5000] [--resolver HOST:PORT] [--ipc]
 *
 * Writes a JSON line (`Sample`) every 250 ms, and a last one (`MeterResult`) on SIGTERM, SIGINT or the end of stdin.
 * With `--ipc` it sends them to the parent process, which can send `read` to get the current counts.
 */
import { parseArgs } from 'node:util';
import { messageOf } from '../src/errors.ts';
import type { Counts, MeterResult, Sample } from './meter/counts.ts';
import { Load } from './meter/load.ts';

export { startMeter } from './meter/process.ts';
export type { Meter, MeterOptions } from './meter/process.ts';

const SAMPLE_MS = 250;

type Message = Sample | MeterResult | { readonly type: 'counts'; readonly total: Counts };

function main(): void {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: '' },
      rate: { type: 'string', default: '200' },
      connections: { type: 'string', default: '16' },
      timeout: { type: 'string', default: '5000' },
      resolver: { type: 'string' },
      ipc: { type: 'boolean', default: false },
    },
  });
  if (!URL.canParse(values.url)) throw new Error(`--url must be a URL, not '${values.url}'`);
  const load = new Load({
    url: values.url,
    rate: positive('rate', values.rate),
    kept: Math.ceil(positive('connections', values.connections) / 2),
    timeoutMs: positive('timeout', values.timeout),
    ...(values.resolver === undefined ? {} : { resolver: values.resolver }),
  });
  run(load, values.ipc);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number greater than zero, not ${text}`);
  return value;
}

function run(load: Load, ipc: boolean): void {
  const send = (message: Message): void => {
    if (!ipc) process.stdout.write(`${JSON.stringify(message)}\n`);
    else if (process.connected) process.send?.(message);
  };
  const samples = setInterval(() => send(load.tally.sample(load.seconds)), SAMPLE_MS);
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    clearInterval(samples);
    const { seconds } = load;
    await load.stop();
    send(load.tally.result(seconds));
    if (process.connected) process.disconnect();
    else process.stdin.destroy();
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  // Stops when the parent process has ended.
  if (ipc) process.on('disconnect', () => void stop());
  else process.stdin.on('end', () => void stop()).resume();
  process.on('message', () => send({ type: 'counts', total: load.tally.counts() }));
}

if (import.meta.main) {
  try {
    main();
  } catch (error) {
    process.stderr.write(`meter: ${messageOf(error)}\n`);
    process.exitCode = 2;
  }
}
