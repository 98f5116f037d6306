import type { Config } from '../config/config.ts';
import type { Delivery } from '../domain/goal.ts';

/** How code is delivered, by the config; undefined when it does not say. */
export function deliveryOf({ deploy, migrate, instanceCheck }: Config, words = ''): Delivery | undefined {
  if (deploy === undefined) return undefined;
  const apart = migrate === 'with-deploy' ? 'with-deploy' : 'alone';
  return { words, check: instanceCheck !== undefined, migrate: migrate === undefined ? 'no' : apart };
}
