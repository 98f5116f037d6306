import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { BucketOfReleases } from '../../src/releases/bucket.ts';
import { openBucket } from '../../src/releases/index.ts';
import { openSession } from './aws.ts';
import type { Rig } from './rig.ts';

/** What `turnout follow` needs on one instance, as a real process: a bucket, an app, a config, and its metadata service. */
export interface FollowPlace extends AsyncDisposable {
  /** Id of the instance. */
  readonly id: string;
  readonly bucket: BucketOfReleases;
  /** The config file; S3 is where AWS_ENDPOINT_URL says. */
  readonly config: string;
  readonly variables: Readonly<Record<string, string>>;
}

export async function followIn(shop: Rig): Promise<FollowPlace> {
  const { folder, sandbox } = shop;
  const [id = ''] = shop.instancesOf('41');
  const place = { bucket: 'releases', prefix: 'shop' };
  await sandbox.s3.operations['CreateBucket']?.({ Bucket: place.bucket });
  const home = path.join(folder, 'home');
  const { url, ...app } = await appIn(home);
  const check = { url, contains: '{release}', within: '5s' };
  const config = path.join(folder, 'follow.json');
  const own = { region: sandbox.region, folder: home, poll: '200ms', restart: ['true'] };
  await writeFile(config, JSON.stringify({ ...place, ...own, check }));
  const variables = { AWS_EC2_METADATA_SERVICE_ENDPOINT: `${sandbox.url}/_turnout/metadata/${id}` };
  return { id, bucket: openBucket(openSession(sandbox.url), place), config, variables, ...app };
}

/** The app on an instance: it answers with what is in `current`, and nothing listens for it before there is any. */
async function appIn(home: string): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((asking, answer) => {
    const release = readFile(path.join(home, 'current/app/release'), 'utf8');
    release.then(
      (text) => answer.end(text),
      () => asking.socket.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
