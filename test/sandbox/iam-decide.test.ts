/** The sandbox's evaluation of IAM policies, against another implementation of it. */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConditionContext } from '../../src/sandbox/iam/conditions.ts';
import { decide, type Authorization, type EvalDecision } from '../../src/sandbox/iam/decide.ts';
import { readPolicy } from '../../src/sandbox/iam/document.ts';

const WORDS: Readonly<Record<string, EvalDecision>> = {
  Allowed: 'allowed',
  ExplicitlyDenied: 'explicitDeny',
  ImplicitlyDenied: 'implicitDeny',
};

/** Keys that can have several values are lists there, the others are not (Service Authorization Reference). */
const LISTS = /TagKeys$|^route53:/;

/** What the judge makes of it. */
async function judged(policy: object, { action, resource, context }: Authorization): Promise<string> {
  const given = Object.entries(context).map(([key, values]) => [
    key,
    LISTS.test(key) ? [...values] : (values[0] ?? ''),
  ]);
  const result = await runSimulation(
    {
      request: {
        principal: 'arn:aws:iam::123456789012:role/turnout',
        action,
        resource: { resource, accountId: '123456789012' },
        contextVariables: Object.fromEntries(given),
      },
      identityPolicies: [{ name: 'p', policy }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (result.resultType === 'error') return JSON.stringify(result.errors);
  return WORDS[result.overallResult] ?? result.overallResult;
}

const EC2 = 'arn:aws:ec2:eu-west-1:123456789012';
const TAGS = ['turnout:environment', 'Team'];
const VALUES = ['shop', 'Shop', 'shop-2', 'other', ''];
const tagKeys = (kind: string): readonly string[] => TAGS.map((tag) => `aws:${kind}/${tag}`);

/** Actions with a resource of theirs and the keys that IAM gives them. */
const ASKED = [
  { action: 'ec2:TerminateInstances', resource: `${EC2}:instance/i-0a`, keys: tagKeys('ResourceTag') },
  {
    action: 'ec2:CreateTags',
    resource: `${EC2}:instance/i-0a`,
    keys: [...tagKeys('ResourceTag'), ...tagKeys('RequestTag'), 'aws:TagKeys', 'ec2:CreateAction'],
  },
  {
    action: 'elasticloadbalancing:RegisterTargets',
    resource: 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop-test/0123456789abcdef',
    keys: tagKeys('ResourceTag'),
  },
  {
    action: 'route53:ChangeResourceRecordSets',
    resource: 'arn:aws:route53:::hostedzone/Z0',
    keys: ['route53:ChangeResourceRecordSetsNormalizedRecordNames', 'route53:ChangeResourceRecordSetsRecordTypes'],
  },
] as const;

const ACTIONS = [
  '*',
  'ec2:*',
  'ec2:Terminate*',
  'ec2:createtags',
  'ec2:CreateTag?',
  'elasticloadbalancing:*Targets',
  'route53:*',
];
const RESOURCES = [
  '*',
  'arn:aws:ec2:*:*:instance/*',
  `${EC2}:instance/i-0?`,
  `${EC2}:volume/*`,
  'arn:aws:ec2:us-*:*:instance/*',
  'arn:aws:elasticloadbalancing:*:*:targetgroup/shop-*/*',
  'arn:aws:route53:::hostedzone/*',
];
const OPERATORS = ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike', 'StringEqualsIgnoreCase'];
const PATTERNS = [...VALUES.slice(0, 4), 'shop*', '?hop', '*'];

const oneOf = (all: readonly string[]) => fc.constantFrom(...all);
const some = (all: readonly string[]) => fc.array(oneOf(all), { minLength: 1, maxLength: 3 });
const ALL_KEYS = [...new Set(ASKED.flatMap(({ keys }) => keys))];

/** Operators over several values are for keys that have several. */
const condition = oneOf(ALL_KEYS).chain((key) => {
  const over = LISTS.test(key) ? oneOf(['ForAllValues:', 'ForAnyValue:']) : fc.constant('');
  const compared = fc
    .tuple(over, oneOf(OPERATORS), fc.constantFrom('', 'IfExists'), some(PATTERNS))
    .map(([before, operator, after, values]) => ({ [`${before}${operator}${after}`]: { [key]: values } }));
  const isNull = fc.constantFrom('true', 'false').map((value) => ({ Null: { [key]: value } }));
  return fc.oneof({ weight: 4, arbitrary: compared }, { weight: 1, arbitrary: isNull });
});

const statement = fc
  .record({
    Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
    Action: some(ACTIONS),
    Resource: some(RESOURCES),
    conditions: fc.array(condition, { maxLength: 2 }),
  })
  .map(({ conditions, ...rest }) => ({ ...rest, Condition: Object.assign({}, ...conditions) as object }));

const policies = fc
  .array(statement, { minLength: 1, maxLength: 3 })
  .map((Statement) => ({ Version: '2012-10-17', Statement }));

const question = fc.constantFrom(...ASKED).chain(({ action, resource, keys }) =>
  fc
    .tuple(
      ...keys.map((key) => {
        const values = LISTS.test(key)
          ? fc.array(oneOf(VALUES.slice(0, 4)), { maxLength: 3 })
          : oneOf(VALUES).map((one) => [one]);
        return fc.option(values, { nil: [] });
      }),
    )
    .map((given): Authorization => {
      const present = keys.flatMap((key, n) =>
        (given[n]?.length ?? 0) > 0 ? [[key, given[n] as string[]] as const] : [],
      );
      return { action, resource, context: Object.fromEntries(present) };
    }),
);

test('decides as the other implementation does, over generated policies and requests', async () => {
  const counted: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(policies, question, async (policy, asked) => {
      const { verdict } = decide([readPolicy(JSON.stringify(policy))], asked);
      counted[verdict] = (counted[verdict] ?? 0) + 1;
      expect(verdict).toBe(await judged(policy, asked));
    }),
    { numRuns: 600 },
  );
  // Every verdict is met often, or the comparison says little.
  for (const verdict of Object.values(WORDS)) expect(counted[verdict]).toBeGreaterThan(20);
});

const decided = (Condition: object, context: ConditionContext, effect = 'Allow') => {
  const Statement = [{ Effect: effect, Action: 'ec2:CreateTags', Resource: '*', Condition }];
  const policy = readPolicy(JSON.stringify({ Version: '2012-10-17', Statement }));
  return decide([policy], { action: 'ec2:CreateTags', resource: `${EC2}:instance/i-0a`, context }).verdict;
};

describe('a condition', () => {
  test.each([
    ['ForAllValues is true of no values', { 'ForAllValues:StringLike': { 'aws:TagKeys': 'turnout:*' } }, {}, 'allowed'],
    ['Null asks for a value', { Null: { 'aws:TagKeys': 'false' } }, {}, 'implicitDeny'],
    [
      'a value that is one of several',
      { StringEquals: { 'ec2:CreateAction': ['A', 'B'] } },
      { 'ec2:CreateAction': ['B'] },
      'allowed',
    ],
    [
      'values with another case',
      { StringEquals: { 'ec2:CreateAction': 'run' } },
      { 'ec2:CreateAction': ['Run'] },
      'implicitDeny',
    ],
    [
      'keys with another case',
      { StringEquals: { 'aws:resourcetag/team': 'a' } },
      { 'aws:ResourceTag/Team': ['a'] },
      'allowed',
    ],
  ])('%s', (_, Condition, context, verdict) => {
    expect(decided(Condition, context as unknown as ConditionContext)).toBe(verdict);
  });
});

test.each([
  [{ Version: '2008-10-17', Statement: [] }, /2012-10-17/],
  [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', NotAction: '*', Resource: '*' }] }, /NotAction/],
  [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ec2', Resource: '*' }] }, /an action is/],
  [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: 'instance/*' }] }, /a resource is/],
  [
    {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: '*', Resource: '*', Condition: { DateLessThan: {} } },
    },
    /operators is not evaluated here/,
  ],
])('what is not evaluated is refused: %j', (policy, says) => {
  expect(() => readPolicy(JSON.stringify(policy))).toThrow(says);
});
