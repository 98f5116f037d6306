import { setFlagsFromString } from 'node:v8';

/**
 * Keeps a run small, whatever the fleet. With 1,000 targets each look parses megabytes of XML, and V8 would rather let that
 * garbage lie (260 MB measured) than collect it as it goes (120 to 145 MB, for a tenth more CPU time).
 */
export function saveMemory(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--incremental-marking-hard-trigger=10');
}
