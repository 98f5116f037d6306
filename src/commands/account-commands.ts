import { tasks } from '../../tasks/index.ts';
import { RELEASE_SOURCES } from '../run/init/releases.ts';
import type { Command } from './command.ts';

/** Those of the first day: a config for an account, and what it has to allow. */

export const initCommand: Command = {
  usage: 'init',
  describe: 'Propose a config from what the account has, and write it',
  details:
    'Reads load balancers, listeners, rules, target groups, DNS names, servers and images, and asks production once for its release. Writes ' +
    'one new file and never over one; changes nothing in AWS. What is missing for test traffic is printed as commands, or as Terraform.',
  options: {
    'load-balancer': { type: 'string', requiresArg: true, describe: 'Only what this load balancer leads to' },
    host: { type: 'string', requiresArg: true, describe: 'Only what this host name of production leads to' },
    production: { type: 'string', requiresArg: true, describe: 'Name of the target group of production' },
    test: { type: 'string', requiresArg: true, describe: 'Name of the target group for test traffic' },
    'release-from': {
      type: 'string',
      requiresArg: true,
      choices: RELEASE_SOURCES,
      describe: 'Where the release of a server is written',
    },
    environment: { type: 'string', requiresArg: true, describe: 'Name (default: that of the load balancer)' },
    github: { type: 'boolean', describe: 'Also write a GitHub workflow, .github/workflows/deploy.yml' },
    terraform: { type: 'boolean', describe: 'Print what is missing as Terraform' },
    yes: { type: 'boolean', alias: 'y', describe: 'Do not ask for confirmation' },
  },
  examples: [
    ['turnout init', 'show what would be written, and ask'],
    ['turnout init --load-balancer shop --yes', 'write config/shop.yml'],
    ['turnout init --host www.shop.example.com --github', 'also a workflow, with the store for CI'],
  ],
  run: async (args) => (await import('./init.ts')).init(args),
};

export const permissionsCommand: Command = {
  usage: 'permissions',
  describe: 'Print the least IAM policy for this config',
  details: 'From the config file alone: asks nothing of AWS. `account` and `region` in the config make it narrower.',
  options: {
    'read-only': { type: 'boolean', describe: 'For `status` and --plan only' },
    adopt: { type: 'boolean', describe: 'What `adopt` and `store create` need in addition, for that day only' },
    task: {
      type: 'string',
      requiresArg: true,
      choices: Object.keys(tasks),
      conflicts: ['read-only', 'adopt'],
      describe: 'For one task alone',
    },
    instances: {
      type: 'boolean',
      conflicts: ['read-only', 'adopt', 'task', 'github'],
      describe: 'Instead, for the role of instances that fetch releases (`deploy: { kind: pull }`)',
    },
    terraform: { type: 'boolean', describe: 'As Terraform' },
    part: { type: 'number', requiresArg: true, describe: 'One of several, where one policy would be too long' },
    github: {
      type: 'string',
      requiresArg: true,
      describe: 'Instead, the trust policy for jobs of this repository, such as acme/shop',
    },
  },
  examples: [
    ['turnout permissions', 'the policy for all tasks'],
    ['turnout permissions --task up', 'for a job that brings up servers, and does no more'],
    ['turnout permissions --github acme/shop', 'who may assume the role: jobs of GitHub'],
    ['turnout permissions --read-only', 'for people who look, and for dashboards'],
  ],
  run: async (args) => (await import('./permissions.ts')).permissions(args),
};
