/** What green has to answer before production may move to it: its warm-up. */

/** One request, and what its response must be like. `{release}` in its texts is the fleet's. */
export interface GreenCheck {
  /** `instance`: `url` has `{address}`, and each instance is asked. `route`: `url` is a path, asked through the test route. */
  readonly through: 'instance' | 'route';
  readonly url: string;
  /** The `Host` of the request, and the name that a certificate must have. Absent: that of the URL. */
  readonly host?: string;
  /** Absent: 200 to 299. Never 500 or more: an error is not warm. */
  readonly status?: number;
  /** Response headers by name, with exactly these values. */
  readonly headers: Readonly<Record<string, string>>;
  /** Values of a JSON response by their keys, separated by dots. */
  readonly json: Readonly<Record<string, string | number | boolean>>;
  /** A regular expression that the body must match. */
  readonly pattern?: string;
  /** Responses in a row that must be so. */
  readonly inARow: number;
  readonly timeoutMs: number;
}

/** How a check went at one place so far. */
export interface GreenResult {
  /** The check's place in the list. */
  readonly check: number;
  /** An instance's id, or the URL that leads to the fleet. */
  readonly at: string;
  /** How many of the last responses in a row were right. */
  readonly streak: number;
  /** `ok`, or what was wrong with the last one. */
  readonly last: string;
}

/** What the checks have found of one fleet. */
export interface Checked {
  readonly fleet: string;
  readonly results: readonly GreenResult[];
}
