import { ownerText } from '../domain/work.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { NOTHING, type Reads } from '../observe/reads.ts';
import type { StepDefinition } from './definition.ts';
import { REQUEST } from './presets.ts';

/** Make that release the one that takes work, or nobody; with the next epoch. */
export interface GiveWork {
  readonly do: 'give-work';
  readonly fleet: string;
  /** null: nobody. */
  readonly to: string | null;
  /** Done only with a greater epoch than this: what a run that is dead has sent, and is on its way, then changes nothing. */
  readonly above?: number;
}

const WORK: Reads = { ...NOTHING, work: 'owner' };

export const giveWork: StepDefinition<GiveWork> = ({ to, above = -1 }) => ({
  ...REQUEST,
  effect: () => 'records',
  title: (snapshot) => {
    if (to !== null) return `give the work to ${to}`;
    const owner = ownerIn(snapshot);
    return owner === 'nobody' ? 'make sure that nobody takes work' : `let ${owner} take no more work`;
  },
  instances: () => [],
  progress: ({ work }) => (work?.state === 'seen' && work.owner === to && work.epoch > above ? 'done' : 'todo'),
  guard: ({ work }) => {
    if (work?.state !== 'seen')
      return `Who takes work could not be read. ${work?.state === 'unreadable' ? work.why : ''}`;
    // From one side to the other only by way of nobody, and of an idle one.
    if (to === null || work.owner === null || work.owner === to) return undefined;
    return `${work.owner} takes work: it must not be given to ${to} before nobody does.`;
  },
  lastSeen: (snapshot) => `${ownerIn(snapshot)} takes work`,
  readsBefore: () => WORK,
  readsToPoll: () => WORK,
  apply: async ({ work: port }, { work }) => {
    if (work?.state === 'seen') await port.set(work, to);
  },
  simulate: (snapshot) => {
    const epoch = snapshot.work?.state === 'seen' ? snapshot.work.epoch + 1 : 0;
    return { ...snapshot, work: { state: 'seen', owner: to, epoch, idle: [] } };
  },
});

function ownerIn({ work }: Snapshot): string {
  return work?.state === 'seen' ? ownerText(work.owner) : 'somebody';
}
