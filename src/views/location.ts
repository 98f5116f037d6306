import { locationText, type Location } from '../domain/location.ts';
import type { Paint } from './text.ts';

/** Where a command acts; conspicuous when it is not AWS. */
export function locationLine(location: Location, paint: Paint): string {
  return paint(location.endpoint === undefined ? 'dim' : 'yellow', `In ${locationText(location)}`);
}
