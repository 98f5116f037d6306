import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { S3 } from '@aws-sdk/client-s3';
import { parseDocument } from 'yaml';
import { keepErrors } from '../rig/lines.ts';
import { PROGRAM, type Rig } from '../rig/sandbox.ts';

/** Instances that fetch their releases: `turnout follow` as a real process for each, and releases in the sandbox's S3. */

const PLACE = { bucket: 'acme-releases', prefix: 'shop' };

/** What a bundle brings to restart its app, as `systemctl restart` does: the app then is what lies in `current`. */
const RESTART = `
import fs from 'node:fs';
const release = fs.readFileSync(new URL('release', import.meta.url), 'utf8');
const body = JSON.stringify({ instance: process.env.INSTANCE, release });
const headers = { 'content-type': 'application/json' };
const answer = await fetch(process.env.AWS_ENDPOINT_URL + '/_turnout/deploy', { method: 'POST', headers, body });
if (!answer.ok) throw new Error(await answer.text());
`;

/** Makes the bucket, publishes the releases, and starts a follower for each instance; disposing of it ends them. */
export async function startFollowers(rig: Rig, releases: readonly string[]): Promise<AsyncDisposable> {
  const folder = path.dirname(rig.config);
  const port = await pullIn(rig.config);
  await createBucket(rig.env);
  for (const release of releases) publish(rig, await bundle(folder, release), release);
  const answer = await fetch(`${rig.env['AWS_ENDPOINT_URL']}/_turnout/instances`);
  const instances = (await answer.json()) as readonly { readonly id: string; readonly address: string }[];
  await using stack = new AsyncDisposableStack();
  for (const { id, address } of instances) {
    const child = await follower(rig, path.join(folder, id), id, `http://${address}:${port}/health`);
    stack.defer(() => end(child));
  }
  return stack.move();
}

/** The same config, with pull deploys; the port of the apps. */
async function pullIn(file: string): Promise<string> {
  const document = parseDocument(await readFile(file, 'utf8'));
  document.set('deploy', document.createNode({ kind: 'pull', ...PLACE }));
  await writeFile(file, document.toString());
  return new URL(String(document.getIn(['instanceCheck', 'url'])).replace('{address}', 'address')).port;
}

async function createBucket(env: NodeJS.ProcessEnv): Promise<void> {
  const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
  const client = new S3({ endpoint: env['AWS_ENDPOINT_URL']!, region: env['AWS_REGION']!, credentials });
  await client.createBucket({ Bucket: PLACE.bucket });
  client.destroy();
}

async function bundle(folder: string, release: string): Promise<string> {
  const content = path.join(folder, `content-${release}`);
  await mkdir(content);
  await writeFile(path.join(content, 'release'), release);
  await writeFile(path.join(content, 'restart.mjs'), RESTART);
  const archive = `${content}.tar.gz`;
  execFileSync('tar', ['-czf', archive, '-C', content, '.']);
  return archive;
}

function publish({ config, env }: Rig, archive: string, release: string): void {
  const args = [PROGRAM, 'publish', '--release', release, '--bundle', archive, '--config', config];
  execFileSync(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Resolves once it has looked: then it has reported, and a rolling deploy may count on it. */
async function follower({ env }: Rig, home: string, id: string, url: string): Promise<ChildProcess> {
  await mkdir(home);
  const config = path.join(home, 'follow.json');
  const restart = [process.execPath, path.join(home, 'current', 'restart.mjs')];
  const check = { url, contains: '"release":"{release}"' };
  await writeFile(config, JSON.stringify({ ...PLACE, folder: home, poll: '500ms', restart, check }));
  const metadata = `${env['AWS_ENDPOINT_URL']}/_turnout/metadata/${id}`;
  const child = spawn(process.execPath, [PROGRAM, 'follow', '--config', config], {
    env: { ...env, INSTANCE: id, AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors = keepErrors(child);
  // What an instance serves that was not started from here, it keeps until its first permit.
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.includes('only with a permit')) continue;
    child.stdout.resume();
    return child;
  }
  throw new Error(`turnout follow on ${id} ended: ${errors()}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
