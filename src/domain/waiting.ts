/** Why one target or instance is not there yet. */
export interface Waiting {
  readonly id: string;
  /** `initial, first health check within 5 s`. */
  readonly why: string;
}

/** How far a step is: `healthy 2/3`, and who is missing. */
export interface Count {
  readonly have: number;
  readonly want: number;
  /** `healthy`, `running`, `released`. */
  readonly word: string;
  readonly waiting: readonly Waiting[];
}
