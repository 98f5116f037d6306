/** Whether the data lets production go back from one release to another: a migration may have taken the way. */

export interface WayBackQuestion {
  /** The release that serves, or is to serve. */
  readonly from: string;
  /** The one that production would go back to. */
  readonly to: string;
}

export type WayBack =
  /** The config has no `schema` section. */
  | { readonly state: 'none' }
  | (WayBackQuestion & { readonly state: 'open' })
  /** `why`: in the words of the operator's program. */
  | (WayBackQuestion & { readonly state: 'closed'; readonly why: string })
  | (WayBackQuestion & { readonly state: 'unknown'; readonly why: string });

/** The sentence that warns of it before, and refuses it after. */
export function noWayBack({ from, to, why }: Extract<WayBack, { state: 'closed' }>): string {
  return `No way back, by schema, from ${from} to ${to}: ${why}.`;
}
