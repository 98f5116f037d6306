import { followProblems, runsText, type PullState } from '../../domain/following.ts';
import { list } from '../../domain/text.ts';
import { about, type Finding } from './finding.ts';

/**
 * What keeps instances from fetching releases, now or at their next one. Pure.
 * @param wrong what is wrong with the release that new instances boot, as sentences; absent: it could not be looked at
 */
export function pullFindings({ pointer, instances }: PullState, wrong?: readonly string[]): readonly Finding[] {
  const { ok, warning, failure } = about('deploys');
  const first =
    pointer === undefined
      ? failure(
          'The bucket has no pointer: an instance that is launched now boots nothing.',
          '`turnout publish --release R --bundle FILE --current` makes R the release that new instances boot.',
        )
      : ok(
          `The bucket can be read; new instances boot ${pointer.release} (pointer ${pointer.number})${wrong?.length === 0 ? ', whose bundle is there' : ''}.`,
        );
  const wanting = instances.filter(({ key }) => key !== undefined);
  const keys = [...new Set(wanting.flatMap(({ key }) => key ?? []))];
  const ids = list(
    wanting.map(({ id }) => id),
    3,
  );
  const unsigned = pointer?.isSigned === false && wanting.length > 0;
  const unequal = keys.length > 1 || (keys.length === 1 && wanting.length < instances.length);
  const problems = followProblems(instances);
  return [
    first,
    ...(wrong ?? []).map((says) =>
      failure(says, 'Publish it under another name, and move the pointer with `--current`.'),
    ),
    ...(unsigned
      ? [
          failure(
            `${ids} ${wanting.length === 1 ? 'wants' : 'want'} a signature, and ${pointer.release}, which new instances boot, has none.`,
            'Publish it under another name with `turnout publish --sign-with KEY`.',
          ),
        ]
      : []),
    ...(unequal
      ? [
          warning(
            `Not all instances want the same key: ${keys.length > 1 ? `there are ${list(keys)}` : `only ${ids} ${wanting.length === 1 ? 'wants' : 'want'} one (${keys[0]})`}.`,
            'Give all of them the same `publicKey` in the config of `turnout follow`.',
          ),
        ]
      : []),
    ...problems.map(({ says, word }) =>
      word === 'never' || word === 'silent'
        ? failure(says, 'Check there that `turnout follow` runs (`systemctl status turnout-follow`): docs/pull.md.')
        : warning(says, 'Fix what it names; it tries again by itself where that can help.'),
    ),
    ...(problems.length === 0 && instances.length > 0 ? [ok(`All instances follow: ${runsText(instances)}.`)] : []),
  ];
}
