import * as z from 'zod';
import { compiles, inMs, timeLimit, map, servers, text, whole } from './values.ts';

const PATTERN = 'a regular expression such as release=(\\S+)';

const GREEN = 'a URL such as http://{address}:8080/version';

const marker = map(
  {
    url: z
      .url({ protocol: /^https?$/, error: 'a URL such as https://shop.example.com/version' })
      .describe('URL to request from production, as its clients do.'),
    header: text('the name of a header').exactOptional().describe('Response header that contains the release.'),
    json: text('keys such as build.release')
      .exactOptional()
      .describe('Path of the release in a JSON response: keys separated by dots.'),
    regexp: text(PATTERN)
      .refine(compiles, { error: PATTERN })
      .exactOptional()
      .describe('Finds the release in the body of the response: the first group of the match, or the whole match.'),
    nameServers: servers
      .exactOptional()
      .describe('Name servers to resolve the host name with, for every request. Default: the resolver of the system.'),
    green: text(GREEN, /^https?:\/\/\S+$/)
      .exactOptional()
      .describe(
        'URL at which promote asks green for its release before production moves to it; with {address} in it, each instance is asked. Default: the listener that leads to the test target group, with the path and the host of url.',
      ),
    answers: whole(1, 10_000)
      .default(100)
      .describe(
        'Number of consecutive responses, each over a new connection, that prove which release serves production.',
      ),
    timeout: timeLimit.prefault('5s').describe('Timeout of one request.'),
  },
  'a map such as { url: https://shop.example.com/version, json: release }',
).transform(inMs('timeout'));

/** Settings of releases. */
export const releaseSection = z
  .strictObject({
    marker: marker
      .exactOptional()
      .describe(
        'How to read the release from a response of production. With it, a switch is complete once the responses of production prove it; without it, no switch is proven.',
      ),
  })
  .exactOptional()
  .describe('Settings of releases.');
