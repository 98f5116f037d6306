import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect } from 'vitest';
import { finished } from '../support/program.ts';
import { scenario } from '../support/rig.ts';

const SECRET = 'B0-secret-path';

describe('notifications', () => {
  scenario('are sent by the real program, fail no run, and show no secret anywhere', async ({ rig }) => {
    const told: string[] = [];
    const slack = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (part: string) => void told.push(`${request.url} ${part}`));
      request.on('end', () => response.end('ok'));
    }).listen(0, '127.0.0.1');
    await once(slack, 'listening');
    const { port } = slack.address() as AddressInfo;
    const [good, bad] = [
      '{ kind: slack, url: { variable: SLACK_URL } }',
      '{ url: { variable: DEAD_URL }, retries: 0 }',
    ];
    const shop = await rig({ config: { notify: `[${good}, ${bad}]` } });
    const urls = { SLACK_URL: `http://127.0.0.1:${port}/${SECRET}`, DEAD_URL: `http://127.0.0.1:9/${SECRET}` };
    const ends = [
      await shop.start('up --release 42 --yes --json', urls).ended,
      await shop.start('promote --yes --json --report run.html', urls).ended,
      await shop.start('status', urls).ended,
      await shop.start('history --json', urls).ended,
      await shop.start('doctor', urls).ended,
    ];
    slack.close();
    expect(finished(ends[1]!)).toMatchObject({ result: 'done' });
    expect(told).toHaveLength(2);
    expect(told[1]).toMatch(new RegExp(`^/${SECRET} .*promote of 42 in shop: done`));
    expect(ends[1]!.stderr).toContain('"done" did not reach the webhook of variable DEAD_URL');
    const kept = [await readFile(shop.storePath, 'latin1'), await readFile(`${shop.folder}/run.html`, 'utf8')];
    const shown = ends.map(({ stdout, stderr }) => `${stdout}${stderr}`);
    for (const text of [...kept, ...shown]) expect(text).not.toContain(SECRET);
  });
});
