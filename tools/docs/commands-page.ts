import type { Options } from 'yargs';
import type { Command } from '../../src/commands/command.ts';
import { commands } from '../../src/commands/index.ts';
import { EXIT_CODES } from '../../src/commands/parser.ts';
import { table } from './markdown.ts';

/** docs/commands.md: what `--help` says of every command, from the definitions that it is made of. */

const INTRO = `# Commands

<!-- Written by tools/docs.ts from the definitions of the commands; \`npm run docs\` writes it again. -->

What \`turnout --help\` and \`turnout COMMAND --help\` say. Every command also has \`--config FILE\` (or \`TURNOUT_CONFIG\`; default: the only
file in \`config/\`), \`--json\` ([json.md](json.md)) and \`--help\`. \`turnout completion bash\` prints what completes them in a shell.`;

/** The page, before it is formatted. */
export function commandsPage(): string {
  const exits = Object.entries(EXIT_CODES).map(([code, meaning]) => [code, meaning]);
  return [INTRO, ...commands.flatMap(sectionOf), '## Exit codes', table(['code', 'meaning'], exits), ''].join('\n\n');
}

function sectionOf({ usage, describe, details, options, examples }: Command): readonly string[] {
  const rows = Object.entries(options).map(([name, one]) => [flagOf(name, one), plain(one.describe ?? '')]);
  const lines = examples.map(([line, what]) => `${line.replace('$0', 'turnout')}  # ${what}`);
  return [
    `## \`turnout ${usage}\``,
    details === undefined ? `${plain(describe)}.` : plain(details),
    ...(rows.length === 0 ? [] : [table(['option', 'meaning'], rows)]),
    ...(lines.length === 0 ? [] : [`\`\`\`sh\n${lines.join('\n')}\n\`\`\``]),
  ];
}

function flagOf(name: string, { alias, type }: Options): string {
  const short = typeof alias === 'string' ? `\`-${alias}\`, ` : '';
  return `${short}\`--${name}${type === 'boolean' ? '' : ' …'}\``;
}

/** As Markdown that shows the text as it is. */
function plain(text: string): string {
  return text.replaceAll('<', '&lt;').replaceAll('*', String.raw`\*`);
}
