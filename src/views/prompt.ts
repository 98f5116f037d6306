import { createInterface } from 'node:readline';
import type { OutStream } from './out.ts';

export type InStream = NodeJS.ReadableStream & { readonly isTTY?: boolean };

export interface Prompt<T = boolean> {
  readonly answer: Promise<T>;
  /** Cancels the question: the answer is no. */
  readonly cancel: () => void;
}

/** Asks on a terminal: true for `y` or `yes`, false for anything else: another word, an empty line, end of input, Ctrl-C. */
export function ask(question: string, stdin: InStream, stdout: OutStream): Prompt {
  const { answer, cancel } = askText(`${question} [y/N]`, stdin, stdout);
  return { answer: answer.then((text) => /^y(es)?$/i.test(text)), cancel };
}

/** Asks for a word; empty where there is none. */
export function askText(question: string, stdin: InStream, stdout: OutStream): Prompt<string> {
  const lines = createInterface({ input: stdin, output: stdout, terminal: stdin.isTTY === true });
  const answer = new Promise<string>((resolve) => {
    lines.once('close', () => resolve(''));
    lines.once('SIGINT', () => {
      stdout.write('\n');
      lines.close();
    });
    lines.question(`${question} `, (text) => {
      resolve(text.trim());
      lines.close();
    });
  });
  return { answer, cancel: () => lines.close() };
}
