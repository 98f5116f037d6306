import { FLEET_SECTIONS, TEMPLATES } from '../rig/config.ts';

/** The demo's options, as `parseArgs` takes them. */
export const OPTIONS = {
  json: { type: 'boolean', default: false },
  rate: { type: 'string', default: '200' },
  rolling: { type: 'boolean', default: false },
  pull: { type: 'boolean', default: false },
  gates: { type: 'boolean', default: false },
  traffic: { type: 'string' },
  fleet: { type: 'string', default: 'ec2' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const WORDS: Readonly<Record<keyof typeof OPTIONS, readonly string[]>> = {
  json: ['the numbers as JSON, for programs'],
  rate: ['requests per second (200)'],
  rolling: ['deploys in place, and as a control one that must fail requests'],
  pull: ['with --rolling: each instance runs `turnout follow`'],
  gates: ['a release with 3 % errors, which a gate undoes'],
  traffic: Object.keys(TEMPLATES),
  fleet: Object.keys(FLEET_SECTIONS),
  help: ['this text'],
};

/** For `--help`: fits 80 columns. */
export function usageText(): string {
  const options = Object.entries(WORDS).map(([name, words]) => `  --${name.padEnd(10)}${words.join(', ')}`);
  return [
    'npm run demo [-- OPTIONS]',
    '',
    'A blue-green deploy under load, from start to end, in about a minute: real',
    'servers behind a real load balancer on this machine, and no AWS account.',
    'Exits with 1 if a task was not done or a request failed.',
    '',
    ...options,
    '',
  ].join('\n');
}
