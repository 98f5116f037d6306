import type { Options } from 'yargs';
import { tasks } from '../../tasks/index.ts';
import {
  flag,
  flagsOf,
  positionalsOf,
  readOptions,
  reason,
  release as releaseOption,
  wholeNumber,
} from '../../tasks/options.ts';
import type { Task } from '../../tasks/task.ts';
import { defined } from '../domain/defined.ts';
import type { Deciding } from './approve.ts';
import { initCommand, permissionsCommand } from './account-commands.ts';
import type { Command } from './command.ts';
import { releaseCommands } from './release-commands.ts';

const WAIT: Options = {
  type: 'string',
  requiresArg: true,
  describe: 'Wait at most this long (15m) for a lease that another run holds, in the order of arrival',
};

const YES: Options = { type: 'boolean', alias: 'y', describe: 'Do not ask for confirmation' };

const CANCEL: Options = {
  type: 'boolean',
  describe: 'Cancel the instance refresh that it has started, instead of leaving it to AWS; what is replaced stays so',
};

const PRINT: Options = {
  type: 'boolean',
  describe: 'Print the commands of the AWS CLI that do it by hand: without a lease and a store; change nothing',
};

const TASK_OPTIONS: Readonly<Record<string, Options>> = {
  plan: {
    type: 'boolean',
    describe: 'Show the steps with their targets, healthy capacity and expected time; change nothing',
  },
  yes: YES,
  wait: WAIT,
  'take-over': {
    type: 'boolean',
    describe: 'This store keeps the environment from now on, instead of the one that the tags of its fleets name',
  },
  'watch-traffic': {
    type: 'string',
    requiresArg: true,
    describe: 'Request this URL of production ten times a second during the run, and report failures and latency',
  },
  'fail-on-errors': { type: 'boolean', describe: 'With --watch-traffic: the run fails if a request fails' },
  report: { type: 'string', requiresArg: true, describe: 'Write an HTML report of the run to this file' },
  summary: { type: 'string', requiresArg: true, describe: 'Write a short report in Markdown to this file' },
};

function taskCommand(task: Task): Command {
  return {
    usage: `${task.verb}${positionalsOf(task.options)}`,
    describe: task.summary,
    details: task.details,
    options: {
      ...flagsOf(task.options),
      ...TASK_OPTIONS,
      wait: waitOption(task),
      ...(task.isEmergencyExit && { print: PRINT }),
    },
    examples: task.examples,
    run: async (args) => (await import('./task.ts')).runTaskCommand(task, args),
  };
}

/** Tasks that can wait for something else take `--wait` without a time for that. */
function waitOption({ options }: Task): Options {
  if (options['wait'] === undefined) return WAIT;
  return { type: 'string', describe: `${options['wait'].describe}. With a time: ${WAIT.describe}` };
}

const historyOptions = {
  limit: wholeNumber({ describe: 'Number of runs, newest first (default: 20)', min: 1, max: 100_000, example: 5 }),
};

const decideOptions = {
  reason: reason({ describe: 'Why; recorded in the history', example: "'the numbers are good'" }),
};

function decideCommand(verb: 'approve' | 'reject', kind: Deciding['kind'], then: string): Command {
  return {
    usage: verb,
    describe: `${verb === 'approve' ? 'Approve' : 'Reject'} what a promote waits for`,
    details: `For \`promote --approve\` and \`approval\` in the config: ${then}. Works from any machine with access to the store.`,
    options: {
      ...flagsOf(decideOptions),
      run: { type: 'string', requiresArg: true, describe: 'Id of the run; refused if another one waits' },
      yes: YES,
    },
    examples: [
      [`turnout ${verb}`, 'show what waits, and ask'],
      [`turnout ${verb} --run 261122-0612-k3f9 --yes`, 'of this run only, without a question'],
    ],
    run: async (args) => {
      const { reason: why } = readOptions(decideOptions, args);
      const run = args['run'] as string | undefined;
      return (await import('./approve.ts')).decideApproval(args, { kind, ...defined({ run, reason: why }) });
    },
  };
}

const doctorOptions = {
  release: releaseOption({ describe: 'The release that would be brought up next' }),
};

const sandboxOptions = {
  port: wholeNumber({
    describe: 'Port of the API; 0 for any free port (default: `sandbox.port` of the config)',
    min: 0,
    max: 65_535,
    example: 4566,
  }),
  empty: flag({
    describe: 'An account with a VPC and an image, and nothing else: for `turnout init`. Needs no config',
  }),
};

/** All commands, in the order of `--help`: those that move traffic, those that show state, and the others. */
export const commands: readonly Command[] = [
  ...Object.values(tasks).map(taskCommand),
  {
    usage: 'status',
    describe: 'Show the state of the environment, the current run, and the available commands',
    options: {
      watch: { type: 'boolean', alias: 'w', describe: 'Refresh until Ctrl-C or q; arrows scroll what does not fit' },
      web: {
        type: 'boolean',
        conflicts: ['watch', 'all', 'json'],
        describe: 'Serve a live page for this machine only, until Ctrl-C',
      },
      all: {
        type: 'boolean',
        conflicts: 'watch',
        describe: 'A line for each config file of the folder (that of --config; default: config/)',
      },
    },
    examples: [
      ['turnout status', 'one screen'],
      ['turnout status --watch', 'as it changes'],
      ['turnout status --web', 'a page to look at in a browser; changes nothing'],
      ['turnout status --all', 'every environment that config/ has a file for'],
      ['turnout status --json', 'for programs'],
    ],
    run: async (args) => (await import('./status.ts')).status(args),
  },
  initCommand,
  {
    usage: 'doctor',
    describe: 'Check everything that a deploy needs, and say how to fix what is missing',
    details:
      'Credentials, config, store, target groups, traffic, fleets, permissions, release and hooks. Changes nothing: permissions of EC2 are ' +
      'checked by dry runs, and the lease is taken and given back. What it could not check is said, and is not the same as ok.',
    options: flagsOf(doctorOptions),
    examples: [
      ['turnout doctor', 'what would be refused, and why'],
      ['turnout doctor --release 42', 'also what 42 would boot, and whether there is room for it'],
      ['turnout doctor --json', 'for programs; exits with 2 if there is a failure'],
    ],
    run: async (args) => (await import('./doctor.ts')).doctor(args, readOptions(doctorOptions, args).release),
  },
  {
    usage: 'resume',
    describe: 'Continue an unfinished run',
    details:
      'Takes the recorded goal of a run that was interrupted or killed, observes the current state, and does the remaining steps.',
    options: TASK_OPTIONS,
    examples: [['turnout resume', 'show the remaining steps, ask, and do them']],
    run: async (args) => (await import('./resume.ts')).resume(args),
  },
  decideCommand('approve', 'approved', 'it goes on'),
  decideCommand('reject', 'rejected', 'all goes back to the old servers'),
  {
    usage: 'abandon',
    describe: 'Delete the record of an unfinished run; servers and traffic stay as they are',
    options: { yes: YES, wait: WAIT, 'cancel-refresh': CANCEL },
    examples: [['turnout abandon', 'show the unfinished run, and ask']],
    run: async (args) => (await import('./abandon.ts')).abandon(args),
  },
  {
    usage: 'lock',
    describe: 'Show the run that holds the lease, its current step, and the queue',
    options: {},
    examples: [
      ['turnout lock', 'one screen'],
      ['turnout lock --json', 'for programs'],
    ],
    run: async (args) => (await import('./lock.ts')).lock(args),
  },
  {
    usage: 'unlock',
    describe: 'Release the lease of a run that hangs',
    details:
      'Shows the holder, asks, and releases the lease: that run stops before its next change, and the next one in the queue starts. ' +
      'The lease of a run that was killed expires by itself.',
    options: { yes: YES },
    examples: [['turnout unlock', 'show the holder of the lease, and ask']],
    run: async (args) => (await import('./unlock.ts')).unlock(args),
  },
  {
    usage: 'history',
    describe: 'Show the history of runs',
    options: flagsOf(historyOptions),
    examples: [['turnout history --limit 5', 'the last five runs']],
    run: async (args) => (await import('./history.ts')).history(args, readOptions(historyOptions, args).limit),
  },
  permissionsCommand,
  ...releaseCommands,
  {
    usage: 'store create',
    describe: "Create the store's table (DynamoDB)",
    details: 'The table has on-demand billing. Does nothing if the table exists, or if the store needs no table.',
    options: {},
    examples: [['turnout store create', 'before the first run']],
    run: async (args) => (await import('./store.ts')).storeCreate(args),
  },
  {
    usage: 'completion <shell>',
    describe: 'Print the script that completes commands and options: bash, zsh or fish',
    options: {},
    examples: [
      ['eval "$(turnout completion bash)"', 'in ~/.bashrc; zsh alike'],
      ['turnout completion fish | source', 'in config.fish'],
    ],
    run: async (args) => {
      const { completionScript } = await import('./completion.ts');
      return (await import('./print.ts')).print(completionScript(args['shell'], commands));
    },
  },
  {
    usage: 'sandbox',
    describe: 'Run a local AWS emulator: real servers behind real load balancers, on loopback',
    details:
      'Runs in the foreground until Ctrl-C. Prints the exports to paste into another terminal, and the URLs of the load balancers.',
    options: flagsOf(sandboxOptions),
    examples: [
      ['turnout sandbox --config config/sandbox.yml', 'start it'],
      ['turnout sandbox --port 0 --json', 'on any free port; one JSON line when it is ready'],
      ['turnout sandbox --empty', 'build an environment in it with the AWS CLI, then run turnout init'],
    ],
    run: async (args) => (await import('./sandbox.ts')).sandbox(args, readOptions(sandboxOptions, args)),
  },
];
