import type { Clock } from '../clock.ts';
import { defined } from '../domain/defined.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Work } from '../domain/work.ts';
import type { FreezePort } from '../freeze/freeze.ts';
import type { ApprovalsPort } from '../record/approvals.ts';
import type { WayBackPort } from '../way-back/way-back.ts';
import type { PreviewPort } from '../traffic/preview.ts';
import type { WorkPort } from '../work-owner/work.ts';
import type { Reads } from './reads.ts';

/** What decides on a switch, and is neither in AWS nor on an instance. */
export interface BesideReaders {
  readonly clock: Clock;
  readonly freeze: FreezePort;
  readonly approvals: Pick<ApprovalsPort, 'read'>;
  readonly work: Pick<WorkPort, 'read' | 'idle'>;
  readonly preview: Pick<PreviewPort, 'isWanted' | 'read'>;
  readonly wayBack: WayBackPort;
}

/** The snapshot with what was asked for of it. */
export async function withBeside(readers: BesideReaders, snapshot: Snapshot, reads: Reads): Promise<Snapshot> {
  if (!(reads.freeze || reads.approval || reads.work || reads.preview || reads.wayBack)) return snapshot;
  const [freeze, work, preview, wayBack, approval] = await Promise.all([
    reads.freeze ? readers.freeze.read() : snapshot.freeze,
    reads.work ? readWork(readers, reads.work) : snapshot.work,
    reads.preview && hasPreview(readers, snapshot) ? readers.preview.read() : snapshot.preview,
    reads.wayBack ? readers.wayBack.ask(reads.wayBack) : snapshot.wayBack,
    reads.approval ? readers.approvals.read() : snapshot.approval,
  ]);
  const { approval: _, ...rest } = snapshot;
  // While an approval is waited for, nothing else may be read for hours: the time of this reading counts.
  const at = reads.approval ? Math.round(readers.clock.now()) : snapshot.at;
  return { ...rest, at, ...defined({ freeze, work, preview, wayBack, approval }) };
}

/** A rule that was made before the config lost it is looked after, too. */
function hasPreview({ preview }: BesideReaders, { outside }: Snapshot): boolean {
  return preview.isWanted || (outside.state === 'seen' && outside.routes.some(({ isPreview }) => isPreview === true));
}

async function readWork({ work: port }: BesideReaders, reads: NonNullable<Reads['work']>): Promise<Work> {
  const work = await port.read();
  // Idle counts only where nobody takes more.
  if (reads === 'owner' || work.state !== 'seen' || work.owner !== null) return work;
  return { ...work, idle: await port.idle(reads.idle) };
}
