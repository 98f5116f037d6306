import type { Clock } from '../../clock.ts';
import type { DrainCheckConfig, InstanceCheckConfig } from '../../config/config.ts';
import { askUrl } from '../../probe/ask.ts';
import type { InstanceProbe } from '../../steps/ports.ts';
import type { Instance } from '../../domain/snapshot.ts';

export interface InstanceProbeOptions {
  readonly instanceCheck?: InstanceCheckConfig;
  readonly drainCheck?: DrainCheckConfig;
}

export function createInstanceProbe({ instanceCheck, drainCheck }: InstanceProbeOptions, clock: Clock): InstanceProbe {
  const asked = new Map<string, number>();
  return {
    drains: drainCheck !== undefined,
    async check(instance, release) {
      if (instanceCheck === undefined) return 'ok';
      const { url, contains, timeoutMs } = instanceCheck;
      return askUrl(fill(url, instance, release), contains && fill(contains, instance, release), timeoutMs);
    },
    async isIdle(instance) {
      if (drainCheck === undefined) return false;
      const since = asked.get(instance.id) ?? clock.monotonic();
      asked.set(instance.id, since);
      if (clock.monotonic() - since < drainCheck.afterMs) return false;
      const { url, timeoutMs } = drainCheck;
      return (await askUrl(fill(url, instance, instance.release ?? ''), undefined, timeoutMs)) === 'ok';
    },
  };
}

function fill(text: string, { id, address = '' }: Instance, release: string): string {
  return text.replaceAll('{address}', address).replaceAll('{instance}', id).replaceAll('{release}', release);
}
