import * as z from 'zod';
import { timeLimit, map, servers, text, whole } from './values.ts';

function compiles(source: string): boolean {
  try {
    return new RegExp(source, 'm') instanceof RegExp;
  } catch {
    return false;
  }
}

const PATTERN = 'a regular expression such as release=(\\S+)';

const marker = map(
  {
    url: z
      .url({ protocol: /^https?$/, error: 'a URL such as https://shop.example.com/version' })
      .describe('What is asked of production, as its clients come to it.'),
    header: text('the name of a header').optional().describe('The header of the answer that names the release.'),
    json: text('keys such as build.release')
      .optional()
      .describe('Where the release stands in an answer that is JSON: keys, with dots between.'),
    regexp: text(PATTERN)
      .refine(compiles, { error: PATTERN })
      .optional()
      .describe('Finds the release in the body of the answer: what its first group matches, or all that it matches.'),
    nameServers: servers
      .optional()
      .describe('Whom to ask for the address, each time anew. Default: as everybody on this machine does.'),
    answers: whole(1, 10_000)
      .default(100)
      .describe('So many answers in a row, each over a connection of its own, prove which release serves production.'),
    timeout: timeLimit.prefault('5s').describe('How long one answer may take.'),
  },
  'a map such as { url: https://shop.example.com/version, json: release }',
);

/** What is known of releases as such. */
export const releaseSection = z
  .strictObject({
    marker: marker
      .optional()
      .describe(
        'How production tells which release it is. With it, a switch is done once production itself has answered so; without it, no switch is proven.',
      ),
  })
  .optional()
  .describe('What is known of releases as such.');
