/** How a process of ours ends. Documented in README.md and in `turnout --help`. */
export const ExitCode = {
  /** Done, or there was nothing to do. */
  done: 0,
  /** A fault of ours, or one of the machine: nothing is known about what was changed. Please report it. */
  fault: 1,
  /** Refused before anything was changed: wrong input, a world that forbids it, a lease that somebody else holds. */
  refused: 2,
  /** It failed, and was undone or can safely be left as it is. */
  safe: 3,
  /** It failed, and somebody should look now. */
  person: 4,
  /** Our lease was lost to somebody else; stopped before the next change. */
  leaseLost: 5,
  /** Interrupted by the operator (128 + SIGINT): stopped at a safe point. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What an operator can mend: it says what happened and what to do next, and never carries a stack to the screen. */
export class OperatorError extends Error {
  /** Kebab-case word that stays the same over versions, for scripts (`lease-held`, `config-invalid`). */
  readonly code: string;
  readonly exitCode: ExitCode;
  /** Sentences on what can be done next, the best one first. */
  readonly next: readonly string[];
  /** The same thing is likely to work a while later: throttled, an outage inside AWS, a broken connection. */
  readonly transient: boolean;

  constructor(
    code: string,
    message: string,
    options: { exitCode?: ExitCode; next?: readonly string[]; transient?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'OperatorError';
    this.code = code;
    this.exitCode = options.exitCode ?? ExitCode.refused;
    this.next = options.next ?? [];
    this.transient = options.transient ?? false;
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
