import { expect, test } from 'vitest';
import { DryRuns, type DryRun } from '../../src/aws/dry-run.ts';

/** Dry runs of changes, of which the last one would terminate what serves. */

async function asked(send: () => Promise<unknown>) {
  const [results, sent]: [DryRun[], object[]] = [[], []];
  const dryRuns = new DryRuns((result) => void results.push(result));
  for (const operation of ['ec2:CreateTags', 'elasticloadbalancing:RegisterTargets', 'ec2:TerminateInstances'])
    await dryRuns.ask(operation, { of: operation }, async (input) => {
      sent.push(input);
      return send();
    });
  return { sent, outcomes: results.map(({ outcome }) => outcome) };
}

test('where EC2 answers them, each is asked, and said to be one', async () => {
  const answer = Object.assign(new Error('Request would have succeeded'), { name: 'DryRunOperation' });
  const { sent, outcomes } = await asked(async () => Promise.reject(answer));
  expect(outcomes).toEqual(['allowed', 'not-asked', 'allowed']);
  expect(sent).toEqual(['ec2:CreateTags', 'ec2:TerminateInstances'].map((of) => ({ of, DryRun: true })));
});

test('an emulator that carries one out gets no other', async () => {
  const { sent, outcomes } = await asked(async () => ({}));
  expect(outcomes).toEqual(['ignored', 'not-asked', 'not-asked']);
  expect(sent).toEqual([{ of: 'ec2:CreateTags', DryRun: true }]);
});
