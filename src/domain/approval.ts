/** Approval of a promote by a person elsewhere, before green gets production or a greater share of it. */

/** When it is asked for, as the config or `--approve` says. */
export interface ApprovalTerms {
  /** Shares in percent: it is asked for before green gets that much, or more. Empty: before it gets any. */
  readonly shares: readonly number[];
  readonly limitS: number;
  /** What happens when the limit passes: all goes `back`, or the run goes on (`go`). */
  readonly onTimeout: 'back' | 'go';
  /** Who is expected to approve, as text that is shown. */
  readonly from: string;
}

/** `--approve` without an `approval` section: a day. */
const DEFAULT_TERMS: ApprovalTerms = { shares: [], limitS: 86_400, onTimeout: 'back', from: 'anyone' };

/** Settings with which it is asked for, by the config's terms where there are some. */
export function withTerms<T extends { readonly approval?: ApprovalTerms }>(
  settings: T,
): T & { approval: ApprovalTerms } {
  return { ...settings, approval: settings.approval ?? DEFAULT_TERMS };
}

export interface ApprovalDecision {
  readonly kind: 'approved' | 'rejected';
  readonly who: string;
  /** ISO time. */
  readonly at: string;
  readonly reason?: string;
}

/** The one that a run has asked for last; kept in the store. */
export interface Approval {
  /** Id of the run that recorded the goal. */
  readonly run: string;
  readonly release: string;
  /** What green is to have, in percent. It is approved for this run and this share only. */
  readonly share: number;
  readonly requestedBy: string;
  readonly from: string;
  /** ISO times. */
  readonly since: string;
  readonly until: string;
  readonly decision?: ApprovalDecision;
  /** Green has had that share since: it holds for nothing any more. */
  readonly spent?: true;
}

/** What was asked for, for this run and share, and holds. */
export function approvalFor(
  { approval }: { readonly approval?: Approval },
  { run, share }: { readonly run: string; readonly share: number },
): Approval | undefined {
  const isIt = approval !== undefined && approval.run === run && approval.share === share;
  return isIt && approval.spent !== true ? approval : undefined;
}

/** `42 (100 % of production)`. */
export function approvalSubject({ release, share }: Pick<Approval, 'release' | 'share'>): string {
  return `${release} (${share} % of production)`;
}

/** `Waits for approval of 42 (100 % of production) by anyone until 2026-11-28 10:00Z.` */
export function waitingText(approval: Approval): string {
  const until = `${approval.until.slice(0, 16).replace('T', ' ')}Z`;
  return `${approvalSubject(approval)} waits for approval by ${approval.from}, until ${until}: \`turnout approve\` or \`turnout reject\`.`;
}
