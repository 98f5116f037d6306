import type { Options } from 'yargs';
import { tasks } from '../../tasks/index.ts';
import { flagsOf, positionalsOf } from '../../tasks/options.ts';
import type { Task } from '../../tasks/task.ts';
import type { Command } from './command.ts';

const WAIT: Options = {
  type: 'string',
  requiresArg: true,
  describe: 'Wait at most this long (15m) for a lease that another run holds, in the order of arrival',
};

const YES: Options = { type: 'boolean', alias: 'y', describe: 'Do not ask' };

const TASK_OPTIONS: Readonly<Record<string, Options>> = {
  plan: {
    type: 'boolean',
    describe: 'Show the steps, the targets each one touches, healthy capacity and expected time; change nothing',
  },
  yes: YES,
  wait: WAIT,
  'watch-traffic': {
    type: 'string',
    requiresArg: true,
    describe: 'Ask this URL of production ten times a second during the run, and tell what clients met',
  },
  'fail-on-errors': { type: 'boolean', describe: 'With --watch-traffic: a failed request makes the run a failure' },
  report: { type: 'string', requiresArg: true, describe: 'Write a report of the run to this file (HTML)' },
};

function taskCommand(task: Task): Command {
  return {
    usage: `${task.verb}${positionalsOf(task.options)}`,
    describe: task.summary,
    details: task.details,
    options: { ...flagsOf(task.options), ...TASK_OPTIONS, wait: waitOption(task) },
    examples: task.examples,
    run: async (args) => (await import('./task.ts')).runTaskCommand(task, args),
  };
}

/** A task that can wait for something else is told of it without a time. */
function waitOption({ options }: Task): Options {
  if (options['wait'] === undefined) return WAIT;
  return { type: 'string', describe: `${options['wait'].describe}. With a time: ${WAIT.describe}` };
}

/** All commands, in the order of `--help`: what moves traffic, what tells, what helps. */
export const commands: readonly Command[] = [
  ...Object.values(tasks).map(taskCommand),
  {
    usage: 'status',
    describe: 'Show what is where, what is under way, and what can be done next',
    options: { watch: { type: 'boolean', alias: 'w', describe: 'Draw it again and again until Ctrl-C' } },
    examples: [
      ['turnout status', 'one screen'],
      ['turnout status --watch', 'as it changes'],
      ['turnout status --json', 'for programs'],
    ],
    run: async (args) => (await import('./status.ts')).status(args),
  },
  {
    usage: 'resume',
    describe: 'Go on with a run that did not end',
    details:
      'Takes the recorded goal of a run that was interrupted or killed, looks at the world as it is now, and does what is left.',
    options: TASK_OPTIONS,
    examples: [['turnout resume', 'show what is left to do, ask, and do it']],
    run: async (args) => (await import('./resume.ts')).resume(args),
  },
  {
    usage: 'abandon',
    describe: 'Forget a run that did not end, and leave things as they are',
    options: { yes: YES, wait: WAIT },
    examples: [['turnout abandon', 'show the run that would be forgotten, and ask']],
    run: async (args) => (await import('./abandon.ts')).abandon(args),
  },
  {
    usage: 'lock',
    describe: 'Show who has the lease, what it does, and who waits for it',
    options: {},
    examples: [
      ['turnout lock', 'one screen'],
      ['turnout lock --json', 'for programs'],
    ],
    run: async (args) => (await import('./lock.ts')).lock(args),
  },
  {
    usage: 'unlock',
    describe: 'Take the lease away from a run that hangs',
    details:
      'Shows who has it, asks, and takes it: that run stops before its next change, and those who wait come next. The lease of a ' +
      'run that is gone frees itself.',
    options: { yes: YES },
    examples: [['turnout unlock', 'show whose lease would be taken, and ask']],
    run: async (args) => (await import('./unlock.ts')).unlock(args),
  },
  {
    usage: 'history',
    describe: 'Tell who ran what, when, and how it ended',
    options: { limit: { type: 'number', default: 20, requiresArg: true, describe: 'How many runs, the newest first' } },
    examples: [['turnout history --limit 5', 'the last five runs']],
    run: async (args) => (await import('./history.ts')).history(args),
  },
  {
    usage: 'store create',
    describe: 'Make what the store of the config needs: for DynamoDB its table',
    details: 'The table has on-demand billing. Does nothing when it is there already, or when the store needs nothing.',
    options: {},
    examples: [['turnout store create', 'before the first run']],
    run: async (args) => (await import('./store.ts')).storeCreate(args),
  },
  {
    usage: 'sandbox',
    describe: 'Run an AWS for one machine: real servers behind real load balancers, on loopback',
    details:
      'Runs in the foreground until Ctrl-C. Prints the exports to paste into another terminal, and the URLs of the load balancers.',
    options: {
      port: { type: 'number', requiresArg: true, describe: 'Port of the API (default: `sandbox.port` of the config)' },
    },
    examples: [
      ['turnout sandbox --config config/sandbox.yml', 'start it'],
      ['turnout sandbox --port 0 --json', 'on any free port; one JSON line when it is ready'],
    ],
    run: async (args) => (await import('./sandbox.ts')).sandbox(args),
  },
];
