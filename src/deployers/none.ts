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
  words: 'nothing',
  lasts: true,
  migrates: false,
  prepare: refuse,
  start: refuse,
  look: async () => undefined,
  stop: async () => true,
};
