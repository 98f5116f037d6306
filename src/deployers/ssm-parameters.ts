import type { DeclaredParameter } from '../aws/ssm.ts';
import { nearest } from '../config/nearest.ts';
import { list, sentences } from '../domain/text.ts';
import { OperatorError } from '../errors.ts';

type Given = Readonly<Record<string, readonly string[]>>;

/**
 * What SSM would refuse only when a command is sent, and the first server is out of traffic.
 * @throws OperatorError `wrong-parameters`
 */
export function checkParameters(document: string, declared: readonly DeclaredParameter[], given: Given): void {
  const names = declared.map(({ name }) => name);
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  const missing = declared.filter(({ name, isRequired }) => isRequired && given[name] === undefined);
  const wrong = declared.flatMap(({ name, allowed }) =>
    (given[name] ?? []).filter((text) => allowed?.includes(text) === false).map((text) => ({ name, text, allowed })),
  );
  const seen = sentences(
    unknown.length > 0 && `The SSM document ${document} has no parameter ${list(unknown)}.`,
    missing.length > 0 && `The SSM document ${document} requires ${list(missing.map(({ name }) => name))}.`,
    ...wrong.map(({ name, text, allowed = [] }) => `${name} is "${text}", and ${document} allows ${list(allowed)}.`),
  );
  if (seen.length === 0) return;
  const meant = unknown.flatMap((name) => {
    const near = nearest(name, names);
    return near === undefined ? [] : [`Did you mean ${near} instead of ${name}?`];
  });
  throw new OperatorError('wrong-parameters', seen.join(' '), {
    next: [
      ...meant,
      names.length === 0
        ? 'Remove `parameters` from the config: the document takes none.'
        : `Check \`parameters\` in the config: the document has ${list(names)}.`,
    ],
  });
}
