import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, OperatorError } from '../errors.ts';

/** A file of the operator's is never written over. @throws OperatorError `config-exists` */
export function mustBeNew(file: string): void {
  if (!existsSync(file)) return;
  throw new OperatorError('config-exists', `${file} is there already, and init writes over nothing.`, {
    next: ['Name another file with --config, or another environment with --environment.'],
  });
}

/** @throws OperatorError `config-not-written`, also where it is there by now */
export async function writeNew(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    throw new OperatorError('config-not-written', `${file} could not be written: ${messageOf(error)}.`, {
      next: ['Name another file with --config.'],
    });
  }
}
