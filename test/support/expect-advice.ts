import { expect } from 'vitest';
import { OperatorError } from '../../src/errors.ts';

/** The operator error that was thrown; fails when there was none. */
export async function errorOf(promise: Promise<unknown>): Promise<OperatorError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(OperatorError);
  return error as OperatorError;
}

/** A sentence, and a sentence on what to do. */
export function expectAdvice(error: OperatorError): void {
  expect(error.message).toMatch(/[.?)]$/);
  expect(error.next.length).toBeGreaterThan(0);
  expect(error.message).not.toMatch(/undefined|\[object|\{detail\}|\{operation\}/);
}
