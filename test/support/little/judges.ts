import type { ApprovalTerms } from '../../../src/domain/approval.ts';
import type { Freeze } from '../../../src/domain/freeze.ts';
import type { Gating, Judged } from '../../../src/domain/gates.ts';
import type { FreezePort } from '../../../src/freeze/freeze.ts';
import { NO_GATES, type GatePort, type Occasion } from '../../../src/gates/gates.ts';
import type { LittleProcess } from './process.ts';

const CALL_MS = 20;

/** What decides on a promote, and is neither in AWS nor on an instance. It outlives every process. */
export class LittleJudges {
  /** Seconds. */
  readonly bakeS = 20;
  readonly gating: Gating;
  readonly terms: ApprovalTerms;
  /** Of one release with that share of production. */
  verdict: (occasion: Occasion) => Judged = () => ({ verdict: 'pass', why: 'fine', numbers: {} });
  freeze: Freeze = { state: 'open' };

  constructor(shares: ApprovalTerms['shares'] = []) {
    this.gating = {
      gates: [{ name: 'judge', kind: 'command', dryRun: false }],
      onInconclusive: 'hold',
      bakeS: this.bakeS,
    };
    this.terms = { shares, limitS: 60, onTimeout: 'back', from: 'ann' };
  }

  /** The gates as one process has them; what cannot be asked is inconclusive, as the port promises. */
  gates(process: LittleProcess): GatePort {
    return {
      ...NO_GATES,
      gating: this.gating,
      judge: async (_gate, occasion) =>
        process.call('gate judge', CALL_MS, (fault) =>
          fault === undefined ? this.verdict(occasion) : { verdict: 'inconclusive', why: fault, numbers: {} },
        ),
    };
  }

  closedTimes(process: LittleProcess): FreezePort {
    return {
      read: async () =>
        process.call('freeze read', CALL_MS, (fault) =>
          fault === undefined ? this.freeze : { state: 'unreadable', why: `${fault}.` },
        ),
    };
  }
}
