import type { Config } from '../config/config.ts';
import { openDeployer } from '../deployers/index.ts';
import type { DeployerPort, DeployerTools } from '../deployers/deployer.ts';
import { OperatorError } from '../errors.ts';
import type { HeldLease } from '../record/lease.ts';
import { createGuardian } from '../programs/guardian.ts';
import { createDeploys } from '../run/deploys/deploys.ts';
import { createHooks, type Hooks } from '../run/hooks/hooks.ts';
import type { Ports } from '../steps/ports.ts';
import { programVariables } from './program-variables.ts';
import { deliveryOf, type Context } from './context.ts';

/**
 * What tasks need to deploy in place and to run hooks.
 * @param held returns the lease once it is held
 */
export async function openInPlace(
  context: Context,
  held: () => HeldLease | undefined,
): Promise<{ readonly ports: Ports; readonly hooks: Hooks }> {
  const { config, ports, session, view } = context;
  const variables = programVariables(
    context,
    () => ports.work.epoch(),
    () => held()?.lease,
  );
  const tools: DeployerTools = {
    onOutput: (line, instance) => view.emit({ type: 'output', line, ...(instance === undefined ? {} : { instance }) }),
    beforeChange: async () => held()?.check(),
    variables,
    clock: ports.clock,
    by: context.who,
  };
  const deployer = config.deploy && (await openDeployer(config.deploy, session, tools));
  const apart = config.migrate === undefined || config.migrate === 'with-deploy' ? undefined : config.migrate;
  const migrator = apart && (await openDeployer(apart, session, tools));
  const delivery = deployer && deliveryOf(config, mustMigrate(config, deployer).description);
  const guardian = createGuardian(5000);
  const hooks = createHooks(config.hooks, { emit: view.emit, clock: ports.clock, guardian, variables });
  const inPlace = {
    ...ports.inPlace,
    ...(delivery !== undefined && { delivery }),
    ...(deployer !== undefined && {
      deploys: createDeploys({ environment: config.environment, deployer, ...(migrator && { migrator }) }),
    }),
  };
  return { ports: { ...ports, inPlace }, hooks };
}

function mustMigrate({ migrate }: Config, deployer: DeployerPort): DeployerPort {
  if (migrate !== 'with-deploy' || deployer.migrates) return deployer;
  const message = `migrate: with-deploy needs a deployer that can migrate; ${deployer.kind} cannot.`;
  const next = ['Configure how migrations are run instead: `migrate: { kind: command, run: [./migrate.sh] }`.'];
  throw new OperatorError('config-invalid', message, { next });
}
