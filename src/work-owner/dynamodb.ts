import type { DynamoDbItem, ItemValue } from '../aws/dynamodb-item.ts';
import type { DynamoDbOwnerConfig } from '../config/config.ts';
import { ownerText, type Work } from '../domain/work.ts';
import { OperatorError } from '../errors.ts';
import { Epochs, unreadableWork, seenWorkOf } from './epochs.ts';
import { idleByProgram, type OwnerTools } from './idle.ts';
import type { WorkPort } from './work.ts';

/**
 * By an item of a table: the release is an attribute that is not there while nobody takes work, the epoch a number. A change is one
 * conditional write, before which the item's session checks lease and decision.
 */
export function openDynamoDbWork(
  config: DynamoDbOwnerConfig,
  item: Pick<DynamoDbItem, 'get' | 'swap'>,
  tools: OwnerTools,
): WorkPort {
  const epochs = new Epochs();
  return {
    async read() {
      try {
        return understood(config, await item.get(), epochs);
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
        return { state: 'unreadable', why: error.message };
      }
    },
    idle: idleByProgram(config, tools, epochs.highest),
    async set(seen, owner) {
      const isSet = await item.swap({
        from: { [config.owner]: seen.owner ?? undefined, [config.epoch]: seen.epoch },
        to: { [config.owner]: owner ?? undefined, [config.epoch]: seen.epoch + 1 },
      });
      if (isSet) return void epochs.accept({ ...seen, epoch: seen.epoch + 1 });
      const message = `${ownerText(owner)} was not made the owner in ${placeOf(config)}: it has changed since it was read.`;
      throw new OperatorError('owner-not-set', message, {
        transient: true,
        next: ['`turnout status` shows who takes work.'],
      });
    },
    epoch: epochs.highest,
  };
}

function understood(
  config: DynamoDbOwnerConfig,
  found: Readonly<Record<string, ItemValue>> | undefined,
  epochs: Epochs,
): Work {
  const { owner, epoch } = config;
  if (found === undefined)
    return unreadableWork(
      `There is no item in ${placeOf(config)}; put one there with the release that serves as ${owner}, and ${epoch} 0`,
    );
  const seen = seenWorkOf(Object.hasOwn(found, owner) ? found[owner] : null, found[epoch]);
  if (seen === undefined)
    return unreadableWork(
      `The item in ${placeOf(config)} needs ${epoch}, a number, and ${owner}, a string, or none where nobody takes work`,
    );
  return epochs.accept(seen);
}

function placeOf({ table, key }: DynamoDbOwnerConfig): string {
  const parts = Object.entries(key).map(([name, value]) => `${name} ${value}`);
  return `the DynamoDB table ${table} at ${parts.join(' and ')}`;
}
