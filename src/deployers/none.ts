import { OperatorError } from '../errors.ts';
import type { DeployerPort } from './deployer.ts';

async function refuse(): Promise<never> {
  throw new OperatorError('no-deployer', 'The config does not say how code gets onto a running instance.', {
    next: ['Add a `deploy` section to the config.'],
  });
}

/** The config has no `deploy` section: nothing was delivered, and nothing can be. */
export const noDeployer: DeployerPort = {
  kind: 'none',
  description: 'nothing',
  isRemote: true,
  migrates: false,
  prepare: refuse,
  start: refuse,
  status: async () => undefined,
  setCurrent: async () => {},
  fetched: async () => ({}),
  stop: async () => true,
};
