import type { CommandOwnerConfig } from '../config/config.ts';
import { ownerText, type SeenWork, type Work } from '../domain/work.ts';
import { OperatorError } from '../errors.ts';
import type { ProgramResult } from '../programs/program.ts';
import { runToEnd } from '../programs/run-to-end.ts';
import { Epochs, unreadableWork, seenWorkOf } from './epochs.ts';
import { idleByProgram, type OwnerTools } from './idle.ts';
import type { WorkPort } from './work.ts';

export interface WorkTools extends OwnerTools {
  /** Awaited directly before a change: rejects without the lease, or where the decision is old. */
  readonly beforeChange: () => Promise<void>;
}

/** By programs of the operator: `read` prints `{"owner": "42", "epoch": 7}`, `set` compares and sets, `idle` ends with 0 once nothing is under way. */
export function openCommandWork(config: CommandOwnerConfig, tools: WorkTools): WorkPort {
  const epochs = new Epochs();
  const run = async (words: readonly string[], timeoutMs: number, variables: Record<string, string>) =>
    runToEnd(words, timeoutMs, { ...tools.variables(), ...variables }, tools);

  const read = async (): Promise<Work> => {
    const ended = await run(config.read, config.readTimeoutMs, {});
    const last = ended.output.at(-1) ?? '';
    if (!ended.ok) return unreadableWork(`\`owner.read\` failed: ${ended.why}. It wrote last: ${last || 'nothing'}`);
    const seen = workIn(last);
    if (seen !== undefined) return epochs.accept(seen);
    return unreadableWork(
      `\`owner.read\` wrote last: ${last || 'nothing'}; expected {"owner": "42", "epoch": 7}, or null without an owner`,
    );
  };

  return {
    read,
    idle: idleByProgram(config, tools, epochs.highest),
    async set(seen, owner) {
      await tools.beforeChange();
      const ended = await run(config.set, config.timeoutMs, {
        TURNOUT_OWNER: owner ?? '',
        TURNOUT_OWNER_BEFORE: seen.owner ?? '',
        TURNOUT_FENCE: String(seen.epoch + 1),
        TURNOUT_FENCE_BEFORE: String(seen.epoch),
      });
      if (!ended.ok) throw notSet(owner, ended);
      const now = await read();
      if (now.state === 'seen' && now.owner === owner && now.epoch <= seen.epoch) throw epochStays(now);
    },
    epoch: epochs.highest,
  };
}

function workIn(line: string): SeenWork | undefined {
  try {
    const { owner, epoch } = JSON.parse(line) as { readonly owner?: unknown; readonly epoch?: unknown };
    return seenWorkOf(owner, epoch);
  } catch {
    return undefined;
  }
}

function notSet(owner: string | null, { why, output }: ProgramResult): OperatorError {
  const last = output.length === 0 ? '' : ` It wrote last: ${output.at(-1)}`;
  const message = `\`owner.set\` for ${ownerText(owner)} failed: ${why}.${last}`;
  return new OperatorError('owner-not-set', message, {
    transient: true,
    next: ['Fix what `owner.set` in the config runs; `turnout status` shows who takes work.'],
  });
}

/** Late workers could not be told from others. */
function epochStays({ owner, epoch }: SeenWork): OperatorError {
  const message = `\`owner.set\` made ${ownerText(owner)} the owner without raising the epoch, which is still ${epoch}.`;
  return new OperatorError('owner-epoch', message, {
    next: ['Let `owner.set` store TURNOUT_FENCE together with the owner, in one statement.'],
  });
}
