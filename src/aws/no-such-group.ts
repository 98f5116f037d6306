import { OperatorError } from '../errors.ts';

/** Of a name that the config has. */
export function noSuchGroup(name: string): OperatorError {
  return new OperatorError('no-such-group', `There is no Auto Scaling group ${name}.`, {
    next: ['Check `fleet.groups` in the config, the region and the account; or make the group again, empty.'],
  });
}
