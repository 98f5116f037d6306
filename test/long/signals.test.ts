import { afterAll, describe, expect, test } from 'vitest';
import { KINDS, type Kind } from '../support/little/kinds.ts';
import { casesOf, rowsOf, type Case } from '../crash/cases.ts';
import { crashes } from '../crash/crash.ts';
import { suspended, terminated, type Answered, type Signalled } from '../crash/signals.ts';

/** SIGTERM and SIGSTOP while a task waits for the answer to any of its calls. */
const counted = { signals: 0, runs: 0 };

afterAll(() => void process.stdout.write(`signal matrix: ${counted.signals} signals, ${counted.runs} runs\n`));

describe.each(KINDS)('$fleet behind $traffic', (kind) => {
  const cases = casesOf(kind);
  describe.each(
    rowsOf(
      kind,
      cases,
      cases,
      cases.filter(({ one }) => one.weights),
    ),
  )('$name', ({ one }) => {
    test('SIGTERM: stops at a safe point, and can be resumed', async () => {
      const { codes, wrong } = await everywhere(kind, one, terminated);
      expect(wrong).toEqual([]);
      expect(codes).toEqual(new Set(['interrupted', 'done']));
    });

    test('SIGSTOP for longer than the lease, while another operator goes on', async () => {
      const { codes, wrong } = await everywhere(kind, one, async (trial) => suspended(trial, 'same'));
      expect(wrong).toEqual([]);
      expect(codes).toContain('lease-lost');
    });

    test('SIGSTOP for longer than the lease, while another operator goes the other way', async () => {
      const { codes, wrong } = await everywhere(kind, one, async (trial) => suspended(trial, 'opposite'));
      expect(wrong).toEqual([]);
      expect(codes).toContain('lease-lost');
    });
  });
});

async function everywhere(
  kind: Kind,
  one: Case,
  act: (trial: Signalled) => Promise<Answered>,
): Promise<{ codes: ReadonlySet<string>; wrong: readonly string[] }> {
  const scene = { groups: 2, size: 3, start: one.start, draining: one.draining ?? false };
  const points = await crashes(kind, scene, one);
  const codes = new Set<string>();
  const wrong: string[] = [];
  for (const n of new Set(points.map((point) => point.n))) {
    const answered = await act({ kind, scene, one, n });
    counted.signals += 1;
    counted.runs += answered.runs;
    codes.add(answered.code);
    // The whole story of the first one; it mostly explains the others.
    if (answered.wrong.length > 0) wrong.push(...answered.wrong, ...(wrong.length === 0 ? [answered.story()] : []));
  }
  return { codes, wrong };
}
