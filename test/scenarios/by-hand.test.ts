import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { needsCli, paste } from '../support/aws-cli.ts';
import { finished } from '../support/program.ts';
import { scenario, type RigOptions } from '../support/rig.ts';

/** Where the store is lost, the way back is printed, and a person goes it with the AWS CLI. */

const GROUPS = { production: [{ name: 'shop-blue', port: 8080 }], test: [{ name: 'shop-green', port: 8080 }] };
const SIDES = [
  { id: 'blue', loadBalancer: 'shop-blue', weight: 100 },
  { id: 'green', loadBalancer: 'shop-green', weight: 0 },
];

const KINDS: Readonly<Record<string, RigOptions>> = {
  'target groups': {},
  'a weighted listener': {
    ...GROUPS,
    weighted: { production: [{ port: 0 }, { port: 0, priority: 10 }], test: [{ port: 0 }] },
  },
  'weighted names': {
    production: [
      { name: 'shop-blue', port: 8080, loadBalancer: 'shop-blue' },
      { name: 'shop-green', port: 8080, loadBalancer: 'shop-green', serves: false },
    ],
    test: [],
    dns: { names: [{ name: 'www.shop.test', sides: SIDES }] },
    traffic: 'retention: 1s, ttl: 1s',
  },
};

describe.concurrent('the way back by hand', () => {
  for (const [kind, options] of Object.entries(KINDS)) {
    scenario(`behind ${kind}`, async ({ rig, task }) => {
      needsCli(task.context);
      const shop = await rig(options);
      await shop.task('up --release 42');
      await shop.task('promote');
      const store = await readFile(shop.storePath);
      await writeFile(shop.storePath, 'not a store any more '.repeat(500));
      shop.forgetRequests();
      const refused = finished(await shop.run('rollback --yes --json'));
      expect(refused).toMatchObject({ exitCode: 2, message: expect.stringContaining('has no lease') as string });
      expect(refused.next[0]).toContain('`turnout rollback --print`');
      const { stdout, exitCode, stderr } = await shop.run('rollback --print');
      expect(exitCode, stderr).toBe(0);
      expect(shop.changes).toEqual([]);
      const lines = stdout.trim().split('\n');
      expect(lines.filter((line) => !/^(#|aws )/.test(line))).toEqual([]);
      for (const line of lines.filter((one) => one.startsWith('aws '))) await paste(line, shop.env);
      await writeFile(shop.storePath, store);
      expect(await shop.roles()).toMatchObject({ 41: 'blue' });
      expect((await shop.status()).verbs.find(({ verb }) => verb === 'promote')).toMatchObject({ accepted: true });
      // A person's requests have no lease.
      shop.forgetRequests();
      await shop.expectNoFailures();
    });
  }
});
