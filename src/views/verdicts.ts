import type { GateVerdict } from '../domain/gates.ts';

import type { RunEvent } from '../run/event.ts';
import type { Style } from './text.ts';

export const VERDICT_STYLES: Readonly<Record<GateVerdict, Style>> = {
  pass: 'green',
  fail: 'red',
  inconclusive: 'yellow',
};

/** `gate errors: fail: 41 of 1200 requests (3.42 %) failed, …`. */
export function verdictText({ gate, verdict, why, dryRun }: Extract<RunEvent, { type: 'verdict' }>): string {
  return `gate ${gate}${dryRun ? ' (dry run)' : ''}: ${verdict}: ${why}`;
}
