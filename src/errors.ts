/** Exit codes of turnout. Documented in docs/guarantees.md and in `turnout --help`. */
export const ExitCode = {
  /** Done, or there was nothing to do. */
  done: 0,
  /** A fault of turnout or of the machine: it is unknown what was changed. Please report it. */
  fault: 1,
  /** Refused before anything was changed: wrong input, a state that does not allow it, a lease that another run holds. */
  refused: 2,
  /** Failed; undone, or safe to leave. */
  safe: 3,
  /** Failed; needs attention now. */
  needsAttention: 4,
  /** Another run took over the lease; stopped before the next change. */
  leaseLost: 5,
  /** Held: it could not be judged, and traffic stays as it is until a person decides. */
  held: 6,
  /** Interrupted by the operator (128 + SIGINT): stopped at a safe point. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A problem that the operator can fix: says what happened and what to do next; its stack is never shown. */
export class OperatorError extends Error {
  /** Kebab-case word that stays the same across versions, for scripts (`lease-held`, `config-invalid`). */
  readonly code: string;
  readonly exitCode: ExitCode;
  /** What can be done next, as sentences, the best first. */
  readonly next: readonly string[];
  /** A retry is likely to work: throttling, an outage inside AWS, a broken connection. */
  readonly transient: boolean;
  /** The IAM action that was denied. */
  readonly action: string | undefined;

  constructor(
    code: string,
    message: string,
    options: {
      exitCode?: ExitCode;
      next?: readonly string[];
      transient?: boolean;
      action?: string;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'OperatorError';
    this.code = code;
    this.exitCode = options.exitCode ?? ExitCode.refused;
    this.next = options.next ?? [];
    this.transient = options.transient ?? false;
    this.action = options.action;
  }
}

/** What it resolves to, or the `OperatorError` that it rejects with. */
export async function attempt<T>(work: Promise<T>): Promise<T | OperatorError> {
  return work.catch((error: unknown) => {
    if (error instanceof OperatorError) return error;
    throw error;
  });
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
