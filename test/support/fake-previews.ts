import type { Preview, PreviewPlace, PreviewRule } from '../../src/domain/preview.ts';
import { OperatorError } from '../../src/errors.ts';
import type { PreviewPort } from '../../src/traffic/preview.ts';

export const BALANCER = 'arn:shop';
export const PLACE: PreviewPlace = {
  arn: 'arn:80',
  name: 'shop:80',
  url: 'http://shop/',
  balancer: BALANCER,
  priority: 49_000,
};

const OUTDATED = { isOutdated: true } as const;

/** Rules of an account, which are there at once. */
export class FakePreviews implements PreviewPort {
  isWanted = true;
  /** Readings are older than the rules. */
  isLate = (): boolean => false;
  rules: PreviewRule[] = [];
  places: readonly PreviewPlace[] = [PLACE];
  /** What the config says now. */
  by = 'header x-preview: 42';
  unreadable = false;
  denied = false;
  readonly #log: string[];
  /** By what each one leads. */
  readonly #made = new Map<PreviewRule, string>();

  constructor(log: string[]) {
    this.#log = log;
  }

  read: PreviewPort['read'] = async (): Promise<Preview> => {
    if (this.unreadable) return { state: 'unreadable', why: 'Access was denied.', next: ['Allow it.'] };
    const seen = this.rules.map((rule) => ({ ...rule, ...(this.#made.get(rule) !== this.by && OUTDATED) }));
    return { state: 'seen', by: this.by, rules: this.isLate() ? [] : seen, places: this.places };
  };

  createRule: PreviewPort['createRule'] = async ({ above, group, fleet, release }) => {
    this.#log.push(`create rule for ${release}`);
    this.#push({ arn: `arn:rule-${release}`, name: 'shop:80 priority 49000', fleet, release, above, group });
  };

  deleteRules: PreviewPort['deleteRules'] = async (arns) => {
    if (this.denied) throw new OperatorError('access-denied', 'It was denied.');
    this.#log.push(`delete ${arns.join(' ')}`);
    this.rules = this.rules.filter(({ arn }) => !arns.includes(arn));
  };

  add(fleet: string): this {
    const rule = { arn: `arn:rule-${fleet}`, name: 'shop:80 priority 49000', release: fleet, above: PLACE.arn };
    this.#push({ ...rule, fleet, group: 'arn:test' });
    return this;
  }

  #push(rule: PreviewRule): void {
    this.#made.set(rule, this.by);
    this.rules.push(rule);
  }
}
