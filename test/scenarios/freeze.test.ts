import { CreateDocumentCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect } from 'vitest';
import { openSession } from '../support/aws.ts';
import { finished } from '../support/program.ts';
import { scenario, type Rig } from '../support/rig.ts';

const CALENDAR = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//AWS//Change Calendar 1.0//EN'];

/** Closed from a minute ago, for an hour. */
async function closeNow(shop: Rig): Promise<void> {
  const time = (inMs: number): string => new Date(Date.now() + inMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const event = ['BEGIN:VEVENT', `DTSTART:${time(-60_000)}`, `DTEND:${time(3_600_000)}`, 'END:VEVENT'];
  const lines = [...CALENDAR, 'X-CALENDAR-TYPE:DEFAULT_OPEN', ...event, 'END:VCALENDAR'];
  // Before every run, as each change is expected to name a lease.
  const session = openSession(shop.sandbox.url, { fence: () => 0 });
  const send = session.connect('ssm', new SSMClient(session.clientConfig()));
  const document = { Name: 'holidays', DocumentType: 'ChangeCalendar', DocumentFormat: 'TEXT' } as const;
  await send(new CreateDocumentCommand({ ...document, Content: lines.join('\r\n') }));
}

describe('closed times', () => {
  scenario('by a change calendar: no promote without a reason, and a rollback at any time', async ({ rig }) => {
    const shop = await rig({ config: { freeze: '{ calendars: [holidays] }' } });
    await closeNow(shop);
    await shop.task('up --release 42');
    const refused = await shop.task('promote', 'refused');
    expect(refused.message).toMatch(/^This is a closed time until .* UTC: the change calendar holidays\./);
    expect(await shop.status()).toMatchObject({ freeze: { state: 'closed', changesAt: expect.any(String) } });
    const ended = await shop.start('promote --yes --json --override-freeze urgent').ended;
    expect(finished(ended)).toMatchObject({ result: 'done' });
    await shop.task('rollback');
    expect((await shop.run('history')).stdout).toContain('closed times overridden: urgent');
    await shop.expectNoFailures();
    expect((await shop.run('doctor')).stdout).toContain('the change calendar holidays');
  });
});
