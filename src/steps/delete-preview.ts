import type { PreviewRule } from '../domain/preview.ts';
import { outdatedRules, previewRules, previewUnknown } from '../domain/preview-rules.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { list } from '../domain/text.ts';
import type { StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';

/** Delete the rules that lead some requests to green. */
export interface DeletePreview {
  readonly do: 'delete-preview';
  /** Of the run. */
  readonly fleet: string;
  /** Ids of fleets whose rules stay. */
  readonly keeps: readonly string[];
  /** Also those of the fleet that are not as they would be made now: they are made anew. */
  readonly renews?: true;
}

/** What the step deletes. */
export function rulesToDelete(
  snapshot: Snapshot,
  { fleet, keeps, renews }: Omit<DeletePreview, 'do'>,
): readonly PreviewRule[] {
  const outdated = renews ? outdatedRules(snapshot, fleet) : [];
  return previewRules(snapshot, []).filter((rule) => !keeps.includes(rule.fleet) || outdated.includes(rule));
}

export const deletePreview: StepDefinition<DeletePreview> = (step) => ({
  ...REQUEST,
  effect: () => 'records',
  title: (snapshot) => {
    const names = rulesToDelete(snapshot, step).map(({ name }) => name);
    return names.length === 0 ? 'delete the preview rules' : `delete the preview rule ${list(names, 3)}`;
  },
  instances: () => [],
  progress: (snapshot) =>
    snapshot.preview?.state === 'seen' && rulesToDelete(snapshot, step).length === 0 ? 'done' : 'todo',
  guard: previewUnknown,
  readsBefore: () => ({ pools: [], fleets: [], preview: true }),
  readsToPoll: () => ({ pools: [], fleets: [], preview: true }),
  // A rule that is left leads to servers that are whole, or to none: production does not depend on it.
  isDispensable: true,
  isAfterSwitch: false,
  apply: async ({ preview }, snapshot) => preview.deleteRules(rulesToDelete(snapshot, step).map(({ arn }) => arn)),
  simulate: (snapshot) => {
    const { preview } = snapshot;
    if (preview?.state !== 'seen') return snapshot;
    const gone = new Set(rulesToDelete(snapshot, step));
    return { ...snapshot, preview: { ...preview, rules: preview.rules.filter((rule) => !gone.has(rule)) } };
  },
});
