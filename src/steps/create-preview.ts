import { notToBeSeen, previewRuleAbove, previewUnknown } from '../domain/preview-rules.ts';
import { poolByName } from '../domain/queries.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';
import { fleetOf } from './world.ts';

/** Make a rule that leads some requests to green, directly above one that leads to production. */
export interface CreatePreview {
  readonly do: 'create-preview';
  readonly fleet: string;
  readonly release: string;
  /** The target group that it leads to. */
  readonly pool: string;
  /** ARN of production's own rule or listener. */
  readonly above: string;
}

export const createPreview: StepDefinition<CreatePreview> = ({ fleet, release, pool, above }) => {
  const placeIn = ({ preview }: Snapshot) =>
    preview?.state === 'seen' ? preview.places.find(({ arn }) => arn === above) : undefined;
  const madeIn = (snapshot: Snapshot) => previewRuleAbove(snapshot, fleet, above, poolByName(snapshot, pool));
  return {
    ...REQUEST,
    effect: () => 'records',
    title: (snapshot) => {
      const { name = above, priority } = placeIn(snapshot) ?? {};
      const by = snapshot.preview?.state === 'seen' ? (snapshot.preview.by ?? 'nothing') : 'preview';
      return `lead ${by} at ${name} to ${fleetOf(snapshot, { fleet }).release}, by a rule at priority ${priority ?? '?'}`;
    },
    instances: () => [],
    progress: (snapshot) => (madeIn(snapshot) === undefined ? 'todo' : 'done'),
    guard: (snapshot) => {
      const place = placeIn(snapshot);
      if (place === undefined) return previewUnknown(snapshot) ?? `${above} does not lead to production any more.`;
      return place.problem ?? notToBeSeen(snapshot, fleet, poolByName(snapshot, pool));
    },
    readsBefore: () => ({ pools: [pool], fleets: [fleet], routes: true, preview: true }),
    readsToPoll: () => ({ pools: [], fleets: [], preview: true }),
    apply: async ({ preview }, snapshot) =>
      preview.createRule({ above, group: poolByName(snapshot, pool).arn, fleet, release }),
    simulate: (snapshot) => {
      const { preview } = snapshot;
      if (preview?.state !== 'seen' || madeIn(snapshot) !== undefined) return snapshot;
      const { name = above, priority = 0 } = placeIn(snapshot) ?? {};
      const group = poolByName(snapshot, pool).arn;
      const rule = {
        arn: `${above}/preview`,
        name: `${name.replace(/ priority .*/, '')} priority ${priority}`,
        fleet,
        release,
        above,
        group,
      };
      return { ...snapshot, preview: { ...preview, rules: [...preview.rules, rule] } };
    },
  };
};
