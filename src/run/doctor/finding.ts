import type { Refusal } from '../../domain/goal.ts';
import type { OperatorError } from '../../errors.ts';

/** What `doctor` looks at, in the order in which it is shown. */
export const TOPICS = [
  'credentials',
  'config',
  'store',
  'target groups',
  'traffic',
  'fleets',
  'release',
  'permissions',
  'capacity',
  'marker',
  'gates',
  'closed times',
  'deploys',
  'hooks',
  'notify',
] as const;

export type Topic = (typeof TOPICS)[number];

/** `warning`: no task is refused for it, or it passes by itself. `not-checked`: nothing is known, which is not the same as `ok`. */
export const FINDING_STATES = ['ok', 'warning', 'failure', 'not-checked'] as const;

export type FindingState = (typeof FINDING_STATES)[number];

/** One line of `doctor`. */
export interface Finding {
  readonly topic: Topic;
  readonly state: FindingState;
  /** The code with which a task would be refused. */
  readonly code?: string;
  /** What was seen, as a sentence. */
  readonly says: string;
  /** What can be done, the best first. */
  readonly next: readonly string[];
}

/** Findings about one topic. */
export function about(topic: Topic) {
  const finding =
    (state: FindingState) =>
    (says: string, ...next: readonly string[]): Finding => ({ topic, state, says, next });
  const failed = ({ code, message, next }: Pick<OperatorError, 'code' | 'message' | 'next'>): Finding => {
    return { topic, state: 'failure', code, says: message, next };
  };
  return {
    ok: finding('ok'),
    warning: finding('warning'),
    failure: finding('failure'),
    notChecked: finding('not-checked'),
    /** Of an error: what a task would end with. */
    failed,
    /** Of a refusal: nothing where there is none. */
    refused: (no: Refusal | undefined): readonly Finding[] => (no === undefined ? [] : [failed(asError(no))]),
  };
}

function asError({ refused: code, message, next }: Refusal): Pick<OperatorError, 'code' | 'message' | 'next'> {
  return { code, message, next };
}

/** Each thing is said once, in the order of the topics. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const unique = findings.filter((one, n) => findings.findIndex(({ says }) => says === one.says) === n);
  return TOPICS.flatMap((topic) => unique.filter((one) => one.topic === topic));
}

export function hasFailures(findings: readonly Finding[]): boolean {
  return findings.some(({ state }) => state === 'failure');
}
