/** Rules that lead some requests to green before production does, as `preview` in the config says. */

/** A rule of ours, by its tags. */
export interface PreviewRule {
  readonly arn: string;
  /** `shop:443 priority 49000`. */
  readonly name: string;
  /** Id of the fleet that it was made for. */
  readonly fleet: string;
  readonly release: string;
  /** ARN of production's own rule or listener, above which it was made. */
  readonly above: string;
  /** ARN of the target group to which all of it goes; absent where somebody has changed that. */
  readonly group?: string;
  /** One that is made now would ask for something else, by the config or by production's own rule, or stand where it is reached. */
  readonly isOutdated?: true;
}

/** A rule or a default action that leads to production, and where one would stand above it. */
export interface PreviewPlace {
  /** ARN of the rule, or of the listener for its default action. */
  readonly arn: string;
  /** `shop:443`, `shop:443 priority 10`. */
  readonly name: string;
  readonly url: string;
  /** ARN of the load balancer. */
  readonly balancer: string;
  /** The priority that is free for it; absent where there is none, or no rule would do: then there is a `problem`. */
  readonly priority?: number;
  /** Why no rule can be made there, as a sentence. */
  readonly problem?: string;
}

export type Preview =
  /** The config has none, and no rule is left of one. */
  | { readonly state: 'none' }
  /** `next`: what can be done about it. */
  | { readonly state: 'unreadable'; readonly why: string; readonly next: readonly string[] }
  | {
      readonly state: 'seen';
      /** What a request has to have: `header x-preview: 42`. Absent: the config does not have it any more. */
      readonly by?: string;
      readonly rules: readonly PreviewRule[];
      /** Production's own routes. */
      readonly places: readonly PreviewPlace[];
    };
