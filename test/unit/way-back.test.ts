import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { WayBack } from '../../src/domain/way-back.ts';
import { createGuardian } from '../../src/programs/guardian.ts';
import { openWayBack } from '../../src/way-back/command.ts';
import { Rig } from '../support/fake-run-task.ts';

const AFTER = { from: 'B', to: 'A' } as const;
const CLOSED: WayBack = { state: 'closed', ...AFTER, why: 'min_reader is 42' };
const SENTENCE = 'No way back, by schema, from B to A: min_reader is 42.';

/** What is answered, and what was asked. */
function rigWith(answer: WayBack = CLOSED): { rig: Rig; asked: object[] } {
  const rig = new Rig();
  const asked: object[] = [];
  rig.wayBack = { ask: async (question) => (asked.push(question), answer) };
  return { rig, asked };
}

const notesOf = (rig: Rig): readonly string[] =>
  rig.events.flatMap((event) => (event.type === 'planned' ? event.notes : []));

describe('where the data allows no way back', () => {
  test('a promote says so before it moves anything, and its last sentence does not offer it', async () => {
    const { rig, asked } = rigWith();
    await rig.run('promote', {}, { plan: true });
    expect(notesOf(rig)).toContain(`${SENTENCE} After this, \`turnout rollback\` is refused.`);
    expect(asked).toEqual([AFTER]);
    const ended = await rig.run('promote');
    expect(ended).toMatchObject({ result: 'done' });
    expect(ended.next.at(-1)).toContain('(not now: No way back, by schema, from B to A: min_reader is 42)');
  });

  test('a rollback is refused with that sentence, unless that one thing is overridden', async () => {
    const { rig, asked } = rigWith();
    await rig.run('promote');
    const changes = rig.fake.changes.length;
    const refused = await rig.run('rollback');
    expect(refused).toMatchObject({ result: 'refused', code: 'no-way-back', message: SENTENCE });
    expect(asked.at(-1)).toEqual(AFTER);
    expect(rig.fake.changes).toHaveLength(changes);
    expect(await rig.run('rollback', { overrideSchema: 'read-only for now' })).toMatchObject({ result: 'done' });
    expect((await rig.store.history(1))[0]?.overrideSchema).toBe('read-only for now');
  });

  test('a promote that fails half-way goes back: the old side serves still', async () => {
    const { rig } = rigWith();
    rig.on('register prod B-0', () => {
      for (const id of ['B-0', 'B-1']) rig.fake.sick.add(id);
    });
    expect(await rig.run('promote')).toMatchObject({ result: 'undone' });
  });

  test('one that was stopped half-way can be rolled back', async () => {
    const { rig } = rigWith();
    rig.on('register prod B-0', () => rig.stop());
    await rig.run('promote');
    expect(await rig.run('rollback')).toMatchObject({ result: 'done' });
  });
});

test('what is not known refuses nothing, and is said', async () => {
  const { rig } = rigWith({ state: 'unknown', ...AFTER, why: 'exit code 3' });
  await rig.run('promote');
  expect(await rig.run('rollback')).toMatchObject({ result: 'done' });
  expect(notesOf(rig)).toContain('Whether there is a way back, by schema, from B to A is not known: exit code 3.');
});

test('the program of `schema` is asked about both releases, and its last line is the reason', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'turnout-schema-'));
  const guardian = createGuardian(1000);
  onTestFinished(() => guardian.close());
  const tools = { clock: systemClock, guardian, folder, variables: () => ({ TURNOUT_RUN: 'run-7' }) };
  const ask = async (script: string) => {
    writeFileSync(path.join(folder, 'schema.cjs'), script);
    return openWayBack({ run: [process.execPath, 'schema.cjs'], timeoutMs: 5000 }, tools).ask({ from: '42', to: '41' });
  };
  const both = 'process.env.TURNOUT_RELEASE + process.env.TURNOUT_BACK_TO + process.env.TURNOUT_RUN';
  expect(await ask(`process.exit(${both} === '4241run-7' ? 0 : 1)`)).toEqual({ state: 'open', from: '42', to: '41' });
  expect(await ask("console.log('min_reader is 42.'); process.exit(1)")).toMatchObject({
    state: 'closed',
    why: 'min_reader is 42',
  });
  expect(await ask("console.log('no route'); process.exit(2)")).toMatchObject({
    state: 'unknown',
    why: 'exit code 2; it wrote last: no route',
  });
});
