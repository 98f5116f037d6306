import { createHash } from 'node:crypto';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const SHORT = /\/test\/unit\//;

/** Files in the random order of the seed; the short ones last, so that no worker ends alone with a long one. */
export class ShortLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { seed } = this.ctx.config.sequence;
    const keyOf = ({ moduleId }: TestSpecification): string =>
      Number(SHORT.test(moduleId)) + createHash('sha1').update(`${seed} ${moduleId}`).digest('hex');
    return files
      .map((file) => ({ file, key: keyOf(file) }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ file }) => file);
  }
}
