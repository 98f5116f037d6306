/**
 * Something for test traffic that the config names and that could not be read, or something of which it could not be told which one
 * the config means, and why. What production needs is always read, or there is no snapshot.
 */
export interface Unreadable {
  readonly name: string;
  /** As an `OperatorError` has them. */
  readonly code: string;
  readonly why: string;
  readonly next: readonly string[];
}

export function unreadableText({ name, why }: Unreadable): string {
  return `${name} could not be read. ${why}`;
}
