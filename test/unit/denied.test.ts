import { expect, test } from 'vitest';
import { ExitCode, type OperatorError } from '../../src/errors.ts';
import { translate } from '../../src/aws/errors.ts';
import { Rig } from '../support/fake-run-task.ts';
import { FakeWorld } from '../support/fake-world.ts';
import { HOME, PROMOTED, world } from '../support/worlds.ts';

const IN = { prod: 'healthy', test: '-' } as const;
const OUT = { prod: '-', test: 'healthy' } as const;

/** Requests that begin like this are denied from now on, by AWS's error for that action. */
function deny(rig: Rig, request: string, action: string): void {
  fail(rig, request, denied(action));
}

function fail({ fake }: Rig, request: string, error: OperatorError): void {
  const before = fake.onRequest;
  fake.onRequest = async (what) => {
    await before(what);
    if (what.startsWith(request)) throw error;
  };
}

function denied(action: string): OperatorError {
  const error = Object.assign(new Error('You are not authorized to perform this operation.'), { name: 'AccessDenied' });
  return translate(error, action);
}

/** 42 was promoted, before any store had left its mark. */
function promoted(): Rig {
  const rig = new Rig(
    new FakeWorld(
      world([
        { id: '41', marks: HOME, members: [OUT, OUT] },
        { id: '42', marks: PROMOTED, members: [IN, IN] },
      ]),
    ),
  );
  rig.fake.set((seen) => {
    const fleets = seen.fleets.map((fleet) => {
      const { store: _, ...marks } = fleet.marks;
      return { ...fleet, marks };
    });
    return { ...seen, fleets };
  });
  return rig;
}

test('a first rollback goes on without the store mark that it may not write, and says so', async () => {
  const rig = promoted();
  deny(rig, 'mark', 'ec2:CreateTags');
  expect(await rig.run('rollback')).toMatchObject({
    result: 'done',
    exitCode: ExitCode.done,
    message: expect.stringContaining('41 serves production.') as string,
  });
  expect(rig.fake.changes).toContain('deregister prod 42-0 42-1');
  const warnings = rig.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  expect(warnings[0]).toMatch(
    /^These credentials are not allowed to call ec2:CreateTags\. .* This goes on without it: tag 41 and 42 with the store of this run\.$/,
  );
});

test.each([
  ['TagLimitExceeded', 'The maximum number of Tags for a resource (50) has been reached', 'too-many-tags'],
  ['TagPolicyViolation', "The tag policy does not allow the specified value for 'turnout:store'", 'tag-policy'],
])('nor does %s keep it from its work, whatever others have done to the tags', async (name, said, code) => {
  const rig = promoted();
  const refused = translate(Object.assign(new Error(said), { name }), 'ec2:CreateTags');
  expect(refused.code).toBe(code);
  fail(rig, 'mark', refused);
  expect((await rig.run('rollback')).result).toBe('done');
  expect(rig.fake.changes).toContain('deregister prod 42-0 42-1');
});

test('no other verb goes on without it', async () => {
  const rig = promoted();
  deny(rig, 'mark', 'ec2:CreateTags');
  expect(await rig.run('cleanup', { wait: true })).toMatchObject({ result: 'failed' });
  expect(rig.fake.changes).toEqual(['mark 41 store']);
});

test('after a denied action, also of the undoing, what needs it is not advised, and the action is named', async () => {
  const rig = new Rig();
  deny(rig, 'deregister prod', 'elasticloadbalancing:DeregisterTargets');
  const finished = await rig.run('promote');
  expect(finished).toMatchObject({ code: 'needs-attention', exitCode: ExitCode.needsAttention });
  const denial = 'These credentials are not allowed to call elasticloadbalancing:DeregisterTargets.';
  expect(finished.message).toMatch(
    new RegExp(`^${denial} .* Undoing it failed too: ${denial} .* Production is served by A .* and B `),
  );
  expect(finished.next.join(' ')).toContain('Allow `elasticloadbalancing:DeregisterTargets` in the IAM policy');
  expect(finished.next).toContain('Once that is allowed, `turnout resume` goes on with it.');
  expect(finished.next.filter((text) => /`turnout (promote|rollback|cleanup)/.test(text))).toEqual([]);
});

test('after a denied termination, what needs no termination is still advised', async () => {
  const rig = promoted();
  deny(rig, 'terminate', 'ec2:TerminateInstances');
  const finished = await rig.run('cleanup', { wait: true });
  expect(finished).toMatchObject({
    result: 'failed',
    message: expect.stringContaining('ec2:TerminateInstances') as string,
  });
  expect(finished.next.filter((text) => text.includes('`turnout cleanup'))).toEqual([]);
});
