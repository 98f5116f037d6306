import { readFile } from 'node:fs/promises';
import type { Plugin } from 'rolldown';

const COPY = '?own-copy';

export interface OwnCopy {
  /** Modules that get their own copy of … */
  readonly importers: RegExp;
  /** … the packages whose modules match this. */
  readonly packages: RegExp;
}

/**
 * Gives some modules their own copy of some packages. The bundler keeps of a module what anybody uses of it, so one user
 * of all the schemas of an AWS client (the sandbox) would make every user of that client (`status`) load all of them.
 */
export function ownCopy({ importers, packages }: OwnCopy): Plugin {
  return {
    name: 'own-copy',
    async resolveId(source, importer) {
      const copied = importer?.endsWith(COPY) === true;
      if (importer === undefined || !(copied || importers.test(importer))) return null;
      const from = copied ? importer.slice(0, -COPY.length) : importer;
      const resolved = await this.resolve(source, from, { skipSelf: true });
      if (resolved === null || resolved.external !== false || !packages.test(resolved.id)) return resolved;
      return { ...resolved, id: resolved.id + COPY };
    },
    async load(id) {
      if (!id.endsWith(COPY)) return null;
      return { code: await readFile(id.slice(0, -COPY.length), 'utf8'), moduleType: 'js' };
    },
  };
}
