import { previewRules, previewUnknown } from '../domain/preview-rules.ts';
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
}

export const deletePreview: StepDefinition<DeletePreview> = ({ keeps }) => ({
  ...REQUEST,
  effect: () => 'records',
  title: (snapshot) => {
    const names = previewRules(snapshot, keeps).map(({ name }) => name);
    return names.length === 0 ? 'delete the preview rules' : `delete the preview rule ${list(names, 3)}`;
  },
  instances: () => [],
  progress: (snapshot) =>
    snapshot.preview?.state === 'seen' && previewRules(snapshot, keeps).length === 0 ? 'done' : 'todo',
  guard: previewUnknown,
  readsBefore: () => ({ pools: [], fleets: [], preview: true }),
  readsToPoll: () => ({ pools: [], fleets: [], preview: true }),
  // A rule that is left leads to servers that are whole, or to none: production does not depend on it.
  isDispensable: true,
  apply: async ({ preview }, snapshot) => preview.deleteRules(previewRules(snapshot, keeps).map(({ arn }) => arn)),
  simulate: (snapshot) => {
    const { preview } = snapshot;
    if (preview?.state !== 'seen') return snapshot;
    return { ...snapshot, preview: { ...preview, rules: preview.rules.filter(({ fleet }) => keeps.includes(fleet)) } };
  },
});
