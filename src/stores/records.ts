import type { Approval, ApprovalDecision } from '../domain/approval.ts';
import type { Verb } from '../domain/goal.ts';
import type { JournalEntry, JournalOutcome, RecordedGoal, UnreadableGoal } from './store.ts';

/** What stores keep as text. It may have been written by another version, or be damaged: then it is unreadable, and nothing is guessed. */

/** Grows when a field of a goal changes its meaning. */
const GOAL_VERSION = 1;

export function goalText(goal: RecordedGoal): string {
  return JSON.stringify({ v: GOAL_VERSION, ...goal });
}

type Shape = Readonly<Record<string, 'string' | 'number' | 'boolean' | 'object' | 'array'>>;

/** What a plan reads of a goal of that verb beside what all have. Settings may be those of another config: see `withSettings`. */
const BY_VERB: Readonly<Record<Verb, Shape>> = {
  adopt: { instances: 'array' },
  up: { spec: 'object' },
  promote: { minimumHealthy: 'object' },
  rollback: { minimumHealthy: 'object' },
  cleanup: { discard: 'boolean', wait: 'boolean', minimumHealthy: 'object' },
  rolling: { batches: 'array', delivery: 'object', force: 'boolean' },
  deploy: { instances: 'array', delivery: 'object' },
  drain: { instances: 'array' },
  join: { instances: 'array' },
};
const GOAL: Shape = {
  run: 'string',
  who: 'string',
  since: 'string',
  verb: 'string',
  fleet: 'string',
  release: 'string',
};
const RECORD: Shape = { goal: 'object', stepsDone: 'number', stepsAll: 'number', updatedAt: 'string' };

export function readGoal(text: string): RecordedGoal | UnreadableGoal {
  const { v = GOAL_VERSION, ...record } = parsed(text);
  if (typeof v === 'number' && v > GOAL_VERSION) return unreadableGoal('It was written by a newer version of turnout.');
  const { goal } = record as { goal?: { verb?: unknown } };
  if (!has(record, RECORD) || !has(goal, GOAL)) return unreadableGoal('It is damaged.');
  const verb = String(goal?.verb);
  if (!(verb in BY_VERB))
    return unreadableGoal(`It is about \`${verb}\`, which this version of turnout does not know.`);
  if (!has(goal, BY_VERB[verb as Verb])) return unreadableGoal('It is damaged, or of another version.');
  return record as unknown as RecordedGoal;
}

const APPROVAL: Shape = {
  run: 'string',
  release: 'string',
  share: 'number',
  requestedBy: 'string',
  from: 'string',
  since: 'string',
  until: 'string',
};

/** Nothing where it is damaged: then nothing is approved. */
export function readApproval(text: string): Approval | undefined {
  const approval = parsed(text);
  const { decision } = approval;
  const isKnown = has(approval, APPROVAL) && isTime(approval['until']);
  const isDecided = has(decision, { kind: 'string', who: 'string', at: 'string' });
  return isKnown && (decision === undefined || isDecided) ? (approval as unknown as Approval) : undefined;
}

/** The texts before and after a decision, for stores that compare and set; undefined where nothing is to be decided. */
export function decidedTexts(seen: Approval, decision: ApprovalDecision): readonly [string, string] | undefined {
  if (seen.decision !== undefined || seen.spent === true) return undefined;
  return [JSON.stringify(seen), JSON.stringify({ ...seen, decision })];
}

function unreadableGoal(why: string): UnreadableGoal {
  return { unreadable: `What is recorded of a run that did not end cannot be read. ${why}` };
}

const OUTCOMES: Readonly<Record<JournalOutcome, true>> = {
  running: true,
  done: true,
  refused: true,
  undone: true,
  failed: true,
  interrupted: true,
  unreadable: true,
};
const ENTRY: Shape = {
  run: 'string',
  verb: 'string',
  who: 'string',
  host: 'string',
  since: 'string',
  outcome: 'string',
  message: 'string',
  awsRequests: 'number',
};

/** @param since ISO time at which the run began, as the store knows it beside the text */
export function readEntry(text: string, since: string): JournalEntry {
  const entry = parsed(text);
  const isKnown =
    has(entry, ENTRY) &&
    String(entry['outcome']) in OUTCOMES &&
    isTime(entry['since']) &&
    isProduction(entry['production']);
  if (isKnown) return entry as unknown as JournalEntry;
  const known = isTime(since) ? since : new Date(0).toISOString();
  const message = 'This entry was written by another version of turnout, or is damaged.';
  return { run: '?', verb: '?', who: '?', host: '?', since: known, outcome: 'unreadable', message, awsRequests: 0 };
}

function isProduction(value: unknown): boolean {
  const isPart = (part: unknown): boolean => has(part, { fleet: 'string', release: 'string' });
  const isPlace = (parts: unknown): boolean => Array.isArray(parts) && parts.every(isPart);
  return value === undefined || (has({ value }, { value: 'object' }) && Object.values(value!).every(isPlace));
}

function isTime(text: unknown): boolean {
  return typeof text === 'string' && !Number.isNaN(Date.parse(text));
}

/** Nothing where it is not an object. */
function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function has(value: unknown, shape: Shape): boolean {
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(shape).every(([name, kind]) => {
    const field = fields[name];
    return kind === 'array' ? Array.isArray(field) : typeof field === kind && field !== null;
  });
}
