import { DynamoDbItem } from '../aws/dynamodb-item.ts';
import { Session } from '../aws/session.ts';
import type { OwnerConfig } from '../config/config.ts';
import { defined } from '../domain/defined.ts';
import { openCommandWork, type WorkTools } from './command.ts';
import { openDynamoDbWork } from './dynamodb.ts';
import type { WorkPort } from './work.ts';

/** Opens the record of the config. */
export function openWork(config: OwnerConfig, session: Session, tools: WorkTools): WorkPort {
  if (config.kind === 'command') return openCommandWork(config, tools);
  const { region, profile, endpoint, readTimeoutMs: timeoutMs } = config;
  const { credentials = {}, ...options } = session.options;
  // The same checks before a change: a table elsewhere is no reason for another lease.
  const own = new Session({
    ...options,
    ...defined({ region, profile, endpoint }),
    credentials: profile === undefined || profile === options.profile ? credentials : {},
  });
  return openDynamoDbWork(config, new DynamoDbItem(own, { ...config, timeoutMs }), tools);
}
