import type { Verb } from '../../domain/goal.ts';
import { previewRules } from '../../domain/preview-rules.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { list } from '../../domain/text.ts';
import { NOTHING } from '../../observe/reads.ts';
import { observe, refresh } from '../../observe/observe.ts';
import type { Step } from '../../steps/index.ts';
import type { Ports } from '../../steps/ports.ts';

/** The verbs that make the rules of `preview`, or delete them. */
const ABOUT: ReadonlySet<Verb> = new Set<Verb>(['up', 'promote', 'rollback', 'cleanup']);

/** Whether a run of that verb may leave a rule of `preview` behind; of an unknown one it may. */
export function mayLeavePreview({ preview }: Pick<Ports, 'preview'>, verb: Verb | undefined): boolean {
  return preview.isWanted && (verb === undefined || ABOUT.has(verb));
}

/** With all that is to be known to delete the rules of `preview`. */
export async function readPreview(ports: Ports): Promise<Snapshot> {
  return refresh(ports, await observe(ports), { ...NOTHING, preview: true });
}

/** What deletes them, and a sentence for when it is done, or for why it is not. */
export function endPreview(snapshot: Snapshot): { readonly steps: readonly Step[]; readonly told: readonly string[] } {
  const { preview } = snapshot;
  if (preview?.state === 'unreadable')
    return { steps: [], told: [`Whether a preview rule is left could not be read: ${preview.why}`] };
  const names = previewRules(snapshot, []).map(({ name }) => name);
  if (names.length === 0) return { steps: [], told: [] };
  return {
    steps: [{ do: 'delete-preview', fleet: '', keeps: [] }],
    told: [`The preview rule ${list(names, 3)} is deleted.`],
  };
}
