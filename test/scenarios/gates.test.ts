import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { scenario, type RigOptions } from '../support/rig.ts';

const WEIGHTED: RigOptions = {
  production: [{ name: 'shop-blue', port: 8080 }],
  test: [{ name: 'shop-green', port: 8080 }],
  weighted: { production: [{ port: 0 }], test: [{ port: 0 }] },
  marker: 'header: x-release, answers: 20',
  traffic: 'retention: 1s',
};

describe.concurrent('gates', () => {
  scenario('a release with errors is seen by the run itself at half of production, and undone', async ({ rig }) => {
    const shop = await rig(WEIGHTED);
    const { url } = shop.sandbox.elbv2.urls()[0]!;
    const gates = `gates: [{ kind: probe, name: client, url: '${url}/', rise: 30% }]\n`;
    await appendFile(path.join(shop.folder, 'shop.yml'), gates);
    await shop.task('up --release 42');
    const run = shop.start('promote --steps 50,100 --every 60s --report out.html --yes --json');
    await run.reaches('bake shop-green');
    shop.sandbox.instances.setReleaseBehaviour('42', { name: 'errors', ms: 0, percent: 50 });
    const ended = await run.ended;
    const last = ended.lines.at(-1);
    expect(last).toMatchObject({ result: 'undone', exitCode: 3 });
    expect(last?.['message']).toMatch(/^A gate failed. client: \d+ of \d+ requests .* It was undone. 41 serves/);
    const said = ended.lines.find(({ type, verdict }) => type === 'verdict' && verdict === 'fail');
    expect(said).toMatchObject({ gate: 'client', percent: 50, numbers: { blueFailed: 0 } });
    expect(await shop.roles()).toEqual({ '41': 'blue', '42': 'rejected' });
    const { stdout } = await shop.run('history --json');
    expect(JSON.parse(stdout.split('\n')[0]!)).toMatchObject({ verdicts: [{ gate: 'client', verdict: 'fail' }] });
    // Green's own errors are what clients saw, and nothing else.
    const { rows } = shop.sandbox.elbv2.traffic();
    expect(rows.filter(({ status, release }) => status >= 500 && release !== '42')).toEqual([]);
  });

  scenario(
    'killed in its bake, a run is resumed with the time that has passed, and held by what cannot tell',
    async ({ rig }) => {
      const shop = await rig({ config: { gates: "[{ kind: command, name: judge, run: [/bin/sh, -c, 'exit 75'] }]" } });
      await shop.task('up --release 42');
      const run = shop.start('promote --bake 9s --yes --json');
      await run.line(({ type, word, have }) => type === 'step-waiting' && word === 'seconds' && Number(have) >= 3);
      run.kill('SIGKILL');
      await run.ended;
      const resumed = await shop.run('resume --yes --json');
      const waited = resumed.lines.find(({ type, word }) => type === 'step-waiting' && word === 'seconds');
      expect(waited?.['have']).toBeGreaterThanOrEqual(3);
      expect(resumed.lines.at(-1)).toMatchObject({ code: 'held', exitCode: 6 });
      expect(resumed.exitCode).toBe(6);
      expect(shop.where()['shop-production']).toBe('42 × 3');
      await shop.task('rollback');
      await shop.expectNoFailures();
    },
  );
});
