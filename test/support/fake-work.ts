import type { SeenWork } from '../../src/domain/work.ts';
import { OperatorError } from '../../src/errors.ts';
import type { WorkPort } from '../../src/work-owner/work.ts';

/** One row with owner and epoch, and who has work under way. It tells `told` of each change: `work 8: nobody`. */
export class FakeWork implements WorkPort {
  owner: string | null;
  row = 7;
  /** Releases that have work under way. */
  readonly busy = new Set<string>();
  /** While it is true, no set takes effect. */
  fails = false;
  /** Why it cannot be read. */
  unreadable: string | undefined;
  readonly #told: (what: string) => void;

  constructor(owner: string | null, told: (what: string) => void = () => {}) {
    this.owner = owner;
    this.#told = told;
  }

  read: WorkPort['read'] = async () => {
    if (this.unreadable !== undefined) return { state: 'unreadable', why: this.unreadable };
    return { state: 'seen', owner: this.owner, epoch: this.row, idle: [] };
  };

  idle: WorkPort['idle'] = async (releases) => {
    const idle = releases.filter((release) => !this.busy.has(release));
    this.#told(`idle ${idle.join()}`);
    return idle;
  };

  set: WorkPort['set'] = async (seen: SeenWork, owner) => {
    if (this.fails || seen.epoch !== this.row || seen.owner !== this.owner)
      throw new OperatorError('owner-not-set', 'The database is away.', { transient: true });
    // The very rule: from one side to the other only by way of nobody.
    if (owner !== null && this.owner !== null) throw new Error(`Both would work: ${this.owner} and ${owner}.`);
    this.#told(`work ${this.row + 1}: ${owner ?? 'nobody'}`);
    this.owner = owner;
    this.row += 1;
  };

  epoch: WorkPort['epoch'] = () => this.row;
}
