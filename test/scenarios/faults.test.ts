import { describe, expect } from 'vitest';
import { cnameAlone } from '../support/cname-alone.ts';
import { finished } from '../support/program.ts';
import { scenario } from '../support/rig.ts';

/** What is thrown where nothing catches it, once the process gets SIGUSR2. */
const THROWS = { 'a callback': 'throw(error)', 'a promise': 'void(Promise.reject(error))' };

describe.concurrent('a fault of turnout', () => {
  for (const [where, code] of Object.entries(THROWS)) {
    scenario(`that ${where} throws ends the run, its journal entry and its lease`, async ({ rig }) => {
      const shop = await rig();
      await shop.task('up --release 42');
      const script = `process.on('SIGUSR2',()=>{const\terror=new(TypeError)('targets.map');${code}})`;
      const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(script)}`;
      const promote = shop.start('promote --yes --json', { NODE_OPTIONS });
      await promote.reaches('await-healthy shop-production');
      promote.kill('SIGUSR2');
      const ended = await promote.ended;
      const last = finished(ended);
      expect(ended).toMatchObject({ exitCode: 1, signal: null });
      expect(last).toMatchObject({ result: 'failed', code: 'fault', exitCode: 1 });
      expect(last.message).toMatch(/^This is a fault of turnout: targets\.map\. This step was running, .*wait until/);
      expect(last.next.join()).toMatch(/turnout status.*turnout resume.*Please report it/);
      expect(ended.stderr).toMatch(/TypeError: targets\.map\n {4}at .*Please report the lines above/s);
      const { stdout } = await shop.run('history --json');
      expect(stdout).toContain(JSON.stringify(last.message));
      expect((await shop.status()).lease).toBeNull();
      // At once: it does not wait for a lease to expire.
      expect(await shop.task('resume')).toMatchObject({ code: 'done' });
      await shop.expectNoFailures();
    });
  }

  scenario('is not what a name server with a CNAME alone makes of a marker', async ({ rig }) => {
    const server = await cnameAlone();
    const shop = await rig({
      config: {
        release: `{ marker: { url: 'http://shop.example.test/', json: release, nameServers: ['${server}'] } }`,
        timeouts: '{ boot: 20s, healthy: 20s, drained: 20s, proven: 2s }',
      },
    });
    await shop.task('up --release 42');
    const ended = await shop.run('promote --yes --json --watch-traffic http://shop.example.test/');
    expect(finished(ended)).toMatchObject({ result: 'failed', code: 'needs-attention', exitCode: 4 });
    expect(ended.lines.find(({ type }) => type === 'traffic')).toMatchObject({
      failures: [`${server} knows no address of shop.example.test`],
    });
    await shop.expectNoFailures();
  });
});
