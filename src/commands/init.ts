import path from 'node:path';
import { shellWord } from '../domain/shell.ts';
import { OperatorError, type ExitCode } from '../errors.ts';
import { markerFor } from '../run/init/marker.ts';
import { missingCommands, missingTerraform } from '../run/init/missing.ts';
import { cannotAsk, trafficIn, type FoundTraffic, type InitChoices } from '../run/init/propose.ts';
import { chooseSource, releasesIn } from '../run/init/releases.ts';
import type { Question } from '../run/init/seen.ts';
import { configText, type Proposal } from '../run/init/texts.ts';
import { WORKFLOW_FILE, workflowText } from '../run/init/workflow.ts';
import { awsWords } from '../views/aws-cli.ts';
import { ask, askText } from '../views/prompt.ts';
import type { Args } from './command.ts';
import { openAccount } from './init-account.ts';
import { mustBeNew, writeNew } from './new-file.ts';
import { print } from './print.ts';
import { readVersion } from './version.ts';

const text = (args: Args, name: string): string | undefined => args[name] as string | undefined;

/** Reads the account, and writes a config that was not there; with `--github` a workflow as well. Changes nothing else. */
export async function init(args: Args): Promise<ExitCode> {
  if (args['json'] === true)
    throw new OperatorError('usage', '`turnout init` writes a config file, and no JSON.', {
      next: ['Leave out --json.'],
    });
  const proposal = await proposed(args);
  const { environment, traffic, account, region } = proposal;
  const file = path.resolve(text(args, 'config') ?? `config/${environment}.yml`);
  const files = [{ file, content: configText(proposal) }];
  if (proposal.ci) {
    const config = path.relative(process.cwd(), file);
    const content = workflowText({ account, region, config, version: readVersion() });
    files.push({ file: path.resolve(WORKFLOW_FILE), content });
  }
  for (const one of files) mustBeNew(one.file);
  await printMissing(traffic, region, args['terraform'] === true);
  await print(files[0]!.content);
  const named = files.map((one) => one.file).join(' and ');
  if (args['yes'] !== true && !(await confirmed(named)))
    throw new OperatorError('not-confirmed', 'Not confirmed; nothing was written.', {
      next: ['Add --yes where it cannot ask.'],
    });
  for (const one of files) await writeNew(one.file, one.content);
  return print(`Wrote ${named}. Next:`, ...nextLines(file, proposal));
}

async function proposed(args: Args): Promise<Proposal> {
  const account = openAccount();
  const seen = await account.read().catch(withoutConfig);
  const traffic = await decided(
    {
      loadBalancer: text(args, 'loadBalancer'),
      host: text(args, 'host'),
      production: text(args, 'production'),
      test: text(args, 'test'),
    },
    (choices: InitChoices) => trafficIn(seen, choices),
  );
  const server = await account.server(traffic.production);
  const answered = await account.ask(urlsOf(traffic));
  const releases = server === undefined ? { sources: [], notes: [] } : releasesIn(server);
  const values = answered?.markers.map(({ value }) => value) ?? [];
  const source = await decided({ 'release-from': text(args, 'releaseFrom') }, (choices) =>
    chooseSource(releases, values, choices['release-from']),
  );
  const marker = markerFor(answered?.markers ?? [], source?.release);
  const template = server?.template;
  return {
    environment: text(args, 'environment') ?? nameFrom(traffic.productionRoutes[0]?.name ?? ''),
    account: seen.account,
    region: seen.region,
    traffic,
    source,
    template: template && { id: template.id, from: `${server.id} was launched from it.` },
    marker: marker && answered && { url: answered.url, ...marker },
    ci: args['github'] === true,
    notes: [...seen.unread, ...releases.notes],
  };
}

/** Nothing can be set in a config that is not there yet. */
function withoutConfig(error: unknown): never {
  if (!(error instanceof OperatorError) || error.code !== 'no-region') throw error;
  const next = ['Set AWS_REGION, or AWS_PROFILE to a profile that has a region: `init` writes it into the config.'];
  throw new OperatorError(error.code, error.message, { next, cause: error });
}

/** By the names of its clients, for which certificates are; then by the load balancer's. */
function urlsOf({ hosts, productionRoutes }: FoundTraffic): readonly string[] {
  const url = productionRoutes[0]?.url;
  if (url === undefined) return [];
  return [...hosts.slice(0, 2).map((host) => url.replace(/\/\/[^/:]+/, `//${host}`)), url];
}

async function printMissing(traffic: FoundTraffic, region: string, terraform: boolean): Promise<void> {
  // Versions of the CLI before 2.13 do not know AWS_ENDPOINT_URL.
  const aws = awsWords({
    region,
    profile: process.env['AWS_PROFILE'],
    'endpoint-url': process.env['AWS_ENDPOINT_URL'],
  });
  const commands = missingCommands(traffic, aws.join(' '));
  if (commands.length === 0) return;
  await print(
    `# Not there yet: what green is tested with. This makes it${terraform ? ', in Terraform' : ''}:`,
    ...(terraform ? [missingTerraform(traffic)] : [...commands, '# In Terraform: `turnout init --terraform`.']),
    '',
  );
}

function nextLines(file: string, { source, ci }: Proposal): readonly string[] {
  return [
    'doctor',
    'permissions',
    ...(ci ? ['permissions --github OWNER/REPOSITORY', 'store create'] : []),
    `adopt --release ${shellWord(source?.release ?? 'R')}`,
  ].map((command) => `  turnout ${command} --config ${shellWord(file)}`);
}

/** @throws OperatorError `ambiguous-account` without a terminal to ask on */
async function decided<C extends object, T>(
  choices: C,
  look: (choices: C) => T | Question,
): Promise<Exclude<T, Question>> {
  const found = look(choices);
  if (!isQuestion(found)) return found as Exclude<T, Question>;
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) throw cannotAsk(found);
  const answer = await askText(`${found.asks} (${found.among.join(', ')})`, stdin, stdout).answer;
  if (answer === '') throw cannotAsk(found);
  return decided({ ...choices, [found.flag]: answer }, look);
}

function isQuestion(found: unknown): found is Question {
  return typeof found === 'object' && found !== null && 'asks' in found;
}

/** Of `shop:443`. */
function nameFrom(route: string): string {
  const name = (route.split(':')[0] ?? '').toLowerCase().replaceAll(/[^a-z0-9-]/g, '-');
  return /^[a-z]/.test(name) ? name.slice(0, 32) : 'production';
}

async function confirmed(files: string): Promise<boolean> {
  const { stdin, stdout } = process;
  return stdin.isTTY && stdout.isTTY && ask(`Write ${files}?`, stdin, stdout).answer;
}
