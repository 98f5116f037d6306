import { createInterface } from 'node:readline';
import type { OutStream } from './out.ts';

export type InStream = NodeJS.ReadableStream & { readonly isTTY?: boolean };

export interface Prompt {
  /** Resolves true for `y` or `yes`, false for anything else: another word, an empty line, end of input, Ctrl-C. */
  readonly answer: Promise<boolean>;
  /** Cancels the question: the answer is no. */
  cancel(): void;
}

/** Asks on a terminal. */
export function ask(question: string, stdin: InStream, stdout: OutStream): Prompt {
  const lines = createInterface({ input: stdin, output: stdout, terminal: stdin.isTTY === true });
  const answer = new Promise<boolean>((resolve) => {
    lines.once('close', () => resolve(false));
    lines.once('SIGINT', () => {
      stdout.write('\n');
      lines.close();
    });
    lines.question(`${question} [y/N] `, (text) => {
      resolve(/^y(es)?$/i.test(text.trim()));
      lines.close();
    });
  });
  return { answer, cancel: () => lines.close() };
}
