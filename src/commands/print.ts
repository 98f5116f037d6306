import { ExitCode } from '../errors.ts';
import { openOut } from '../views/out.ts';
import { showsColour } from '../views/text.ts';

/** Writes lines to stdout, and waits until the reader has them. */
export async function print(...lines: readonly string[]): Promise<ExitCode> {
  const out = openOut(process.stdout);
  for (const line of lines) out.line(line);
  await out.flush();
  return ExitCode.done;
}

/** How a text is laid out on stdout. */
export function layout(): { readonly width: number; readonly colour: boolean } {
  return { width: process.stdout.columns || 110, colour: showsColour(process.stdout) };
}
