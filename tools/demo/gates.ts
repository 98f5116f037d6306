import { appendFile } from 'node:fs/promises';
import type { Rig } from '../rig/sandbox.ts';

/** A release that is healthy, and answers 3 of 100 requests with an error: it gets half of production, is seen, and undone. */
export async function gatedTasks({ config, url, env }: Rig): Promise<readonly (readonly string[])[]> {
  await appendFile(config, `\ngates: [{ kind: probe, name: errors, url: '${url}', rise: 3% }]\n`);
  await fetch(`${env['AWS_ENDPOINT_URL']}/_turnout/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'release', release: '42', behaviour: 'errors' }),
  });
  return [
    ['up', '--release', '42'],
    [...GATED, '--every', '80s'],
  ];
}

const GATED = ['promote', '--steps', '50,100'];

/** Whether a gate has to undo it. */
export function isGated(args: readonly string[]): boolean {
  return args.includes('80s');
}
