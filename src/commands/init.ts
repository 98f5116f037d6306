import { resolve } from 'node:path';
import { OperatorError, type ExitCode } from '../errors.ts';
import { cannotAsk, trafficIn, type AccountSeen, type FoundTraffic, type InitChoices } from '../run/init/propose.ts';
import { configText, missingCommands, missingTerraform } from '../run/init/texts.ts';
import { awsWords } from '../views/aws-cli.ts';
import { ask, askText } from '../views/prompt.ts';
import type { Args } from './command.ts';
import { openAccount } from './init-account.ts';
import { mustBeNew, writeNew } from './new-file.ts';
import { print } from './print.ts';

const text = (args: Args, name: string): string | undefined => args[name] as string | undefined;

/** Reads the account, and writes a config that was not there. Changes nothing else. */
export async function init(args: Args): Promise<ExitCode> {
  if (args['json'] === true)
    throw new OperatorError('usage', '`turnout init` writes a config file, and no JSON.', {
      next: ['Leave out --json.'],
    });
  const account = openAccount();
  const seen = await account.read();
  const traffic = await decided(seen, {
    loadBalancer: text(args, 'loadBalancer'),
    production: text(args, 'production'),
    test: text(args, 'test'),
  });
  const environment = text(args, 'environment') ?? nameFrom(traffic.productionRoutes[0]?.name ?? '');
  const file = resolve(text(args, 'config') ?? `config/${environment}.yml`);
  mustBeNew(file);
  const release = await account.releaseSource(traffic.production);
  const url = traffic.productionRoutes[0]?.url;
  const marker = await account.marker(url, release.release);
  const { account: id, region } = seen;
  const config = configText({ environment, account: id, region, traffic, ...release, marker });
  const terraform = args['terraform'] === true;
  // Versions of the CLI before 2.13 do not know AWS_ENDPOINT_URL.
  const aws = awsWords({
    region,
    profile: process.env['AWS_PROFILE'],
    'endpoint-url': process.env['AWS_ENDPOINT_URL'],
  });
  const commands = missingCommands(traffic, aws.join(' '));
  if (commands.length > 0)
    await print(
      `# No listener leads to a group for test traffic yet. This makes it${terraform ? ', in Terraform' : ''}:`,
      ...(terraform ? [missingTerraform(traffic)] : [...commands, '# In Terraform: `turnout init --terraform`.']),
      '',
    );
  await print(config);
  if (args['yes'] !== true && !(await confirmed(file)))
    throw new OperatorError('not-confirmed', 'Not confirmed; nothing was written.', {
      next: ['Add --yes where it cannot ask.'],
    });
  await writeNew(file, config);
  const known = release.release === undefined ? 'R' : release.release;
  return print(
    `Wrote ${file}. Next:`,
    `  turnout doctor --config ${file}`,
    `  turnout permissions --config ${file}`,
    `  turnout adopt --release ${known} --config ${file}`,
  );
}

/** @throws OperatorError `ambiguous-account` without a terminal to ask on */
async function decided(seen: AccountSeen, choices: InitChoices): Promise<FoundTraffic> {
  const found = trafficIn(seen, choices);
  if (!('asks' in found)) return found;
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) throw cannotAsk(found);
  const answer = await askText(`${found.asks} (${found.among.join(', ')})`, stdin, stdout).answer;
  if (answer === '') throw cannotAsk(found);
  return decided(seen, { ...choices, [found.flag]: answer });
}

/** Of `shop:443`. */
function nameFrom(route: string): string {
  const name = (route.split(':')[0] ?? '').toLowerCase().replaceAll(/[^a-z0-9-]/g, '-');
  return /^[a-z]/.test(name) ? name.slice(0, 32) : 'production';
}

async function confirmed(file: string): Promise<boolean> {
  const { stdin, stdout } = process;
  return stdin.isTTY && stdout.isTTY && ask(`Write ${file}?`, stdin, stdout).answer;
}
