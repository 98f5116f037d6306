import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Rig } from './rig.ts';

/**
 * A deploy script as an operator would have it: restarts the app of the instance with the release, which cuts what is in
 * flight there. It writes down what it begins, then does what the file `fate` says.
 */
const SCRIPT = `
import fs from 'node:fs';
const { TURNOUT_INSTANCE: instance, TURNOUT_RELEASE: release, AWS_ENDPOINT_URL: endpoint } = process.env;
fs.appendFileSync('deploys', release + ' ' + instance + '\\n');
console.log('installing ' + release);
const fate = fs.existsSync('fate') ? fs.readFileSync('fate', 'utf8') : '';
if (fate === 'fail') { console.error('no space left on device'); process.exit(3); }
if (fate === 'hang') await new Promise(() => setInterval(() => {}, 1000));
const body = JSON.stringify({ instance, release, ms: 100 });
const headers = { 'content-type': 'application/json' };
const answer = await fetch(endpoint + '/_turnout/deploy', { method: 'POST', headers, body });
if (!answer.ok) throw new Error(await answer.text());
fs.appendFileSync('deploys', release + ' ' + instance + ' done\\n');
`;

/** Lines of a config that deploy with it. */
export const DEPLOYS = {
  deploy: `{ kind: command, run: ['${process.execPath}', deploy.mjs], killAfter: 200ms }`,
  instanceCheck: `{ url: 'http://{address}:8080/', contains: '"release":"{release}"' }`,
};

export async function giveScript(rig: Rig): Promise<void> {
  await writeFile(path.join(rig.folder, 'deploy.mjs'), SCRIPT);
}

export async function setFate(rig: Rig, fate: 'fail' | 'hang' | ''): Promise<void> {
  await writeFile(path.join(rig.folder, 'fate'), fate);
}

/** What a program of the operator's has written into a file, line by line. */
export async function linesIn(rig: Rig, name: string): Promise<readonly string[]> {
  const text = await readFile(path.join(rig.folder, name), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean);
}
