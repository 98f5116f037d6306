import { flagsOf, readOptions, release as releaseOption, required } from '../../tasks/options.ts';
import type { Command } from './command.ts';

const publishOptions = {
  release: required(releaseOption({ describe: 'Name of the release' })),
};

/** Those of pull deploys. */
export const releaseCommands: readonly Command[] = [
  {
    usage: 'publish',
    describe: 'Upload a release for pull deploys (`deploy.kind: pull`)',
    details:
      'Uploads the bundle, an archive that tar unpacks, under its SHA-256, and the release that names it: once, and never over another ' +
      'one. No instance changes by that: `turnout rolling` permits it, one batch after the other, and in the end moves the pointer, which ' +
      'names the release that new instances boot. --current moves it at once, for example before there are any.',
    options: {
      ...flagsOf(publishOptions),
      bundle: { type: 'string', requiresArg: true, demandOption: true, describe: 'The archive, such as shop.tar.gz' },
      'sign-with': { type: 'string', requiresArg: true, describe: 'File with an Ed25519 private key in PEM' },
      signature: {
        type: 'string',
        requiresArg: true,
        conflicts: 'sign-with',
        describe: 'File with a signature of the bundle by minisign',
      },
      current: { type: 'boolean', describe: 'Also move the pointer: new instances boot this release' },
    },
    examples: [
      ['turnout publish --release 42 --bundle shop.tar.gz', 'upload it'],
      [
        'turnout publish --release 42 --bundle shop.tar.gz --sign-with key.pem',
        'for instances that have the public key',
      ],
      ['turnout publish --release 42 --bundle shop.tar.gz --current', 'new instances boot it'],
    ],
    run: async (args) => (await import('./publish.ts')).publishRelease(args, readOptions(publishOptions, args)),
  },
  {
    usage: 'follow',
    describe: 'On an instance: fetch, verify and run the releases that it is permitted to',
    details:
      'Runs until it is stopped, for example as a systemd unit. Reads its own config file, not that of the environment. Listens on ' +
      'nothing. A new release is verified, unpacked beside the others, and switched to; one that does not answer is replaced by the last ' +
      'one that did. Can be killed at any time.',
    options: {},
    examples: [['turnout follow --config /etc/turnout/follow.yml', 'as a service of the instance']],
    run: async (args) => (await import('./follow.ts')).follow(args),
  },
];
