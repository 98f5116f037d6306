import { readFile } from 'node:fs/promises';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');

/** A file of the repository. */
export async function readText(file: string): Promise<string> {
  return readFile(path.join(root, file), 'utf8');
}

/** The blocks between fences of a Markdown file, by the language that is named. */
export async function blocks(file: string, language: string): Promise<readonly string[]> {
  return [...(await readText(file)).matchAll(/^```(\w+)\n([^]*?)^```$/gm)].flatMap(([, named, text = '']) =>
    named === language ? [text] : [],
  );
}
