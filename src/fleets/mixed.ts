import { isDeepStrictEqual } from 'node:util';
import { list } from '../domain/text.ts';
import { OperatorError } from '../errors.ts';

/** A server, and the parameters that a clone of it would be launched with. */
export interface Candidate {
  readonly id: string;
  readonly run: Readonly<Record<string, unknown>>;
}

/** How the value of a parameter is shown. */
type Show = (value: unknown) => string;

/** What people call a parameter; the others have AWS's names. */
const WORDS: Readonly<Record<string, string>> = {
  AmiId: 'image',
  BlockDeviceMappings: 'volumes',
  IamInstanceProfile: 'instance profile',
  ImageId: 'image',
  InstanceMarketOptions: 'Spot',
  InstanceType: 'type',
  KeyName: 'key pair',
  NetworkInterfaces: 'network',
  Placement: 'placement',
  SecurityGroupIds: 'security groups',
  SshKeyName: 'key pair',
  SubnetId: 'subnet',
};

/** @throws OperatorError `mixed-fleet`: a clone of one server would turn the others into the like of it */
export function refuseMixed(
  of: string,
  candidates: readonly Candidate[],
  shows: Readonly<Record<string, Show>> = {},
): void {
  const keys = [...new Set(candidates.flatMap(({ run }) => Object.keys(run)))];
  const differences = keys.flatMap((key) => {
    const kinds = kindsOf(candidates, key, shows[key] ?? shown);
    return kinds.length === 1 ? [] : [`${WORDS[key] ?? key}: ${list(kinds)}`];
  });
  if (differences.length === 0) return;
  throw new OperatorError(
    'mixed-fleet',
    `The servers of ${of} differ, and new ones would all be clones of one. ${differences.toSorted().join('; ')}.`,
    {
      next: [
        `\`--clone-from ${candidates[0]?.id}\` makes all of them like that one; any server in production can be named.`,
        ...WITHOUT_CLONE,
      ],
    },
  );
}

const WITHOUT_CLONE = ['Or replace those that should not differ, and run this again.'];

/** `t3.micro (i-1 and i-2)` for each value, that of most servers first. */
function kindsOf(candidates: readonly Candidate[], key: string, show: Show): readonly string[] {
  const kinds: { readonly value: unknown; readonly ids: string[] }[] = [];
  for (const { id, run } of candidates) {
    const same = kinds.find(({ value }) => isDeepStrictEqual(value, run[key]));
    if (same === undefined) kinds.push({ value: run[key], ids: [id] });
    else same.ids.push(id);
  }
  const often = kinds.toSorted((a, b) => b.ids.length - a.ids.length);
  return often.map(({ value, ids }) => `${value === undefined ? 'none' : show(value)} (${list(ids, 3)})`);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** It is none of those that serve. */
export function notCloned(id: string, release: string): OperatorError {
  return new OperatorError(
    'not-cloned',
    `${id} is not a running server of ${release}, in production: it cannot be cloned.`,
    {
      next: ['`turnout status` lists the servers by id.'],
    },
  );
}
