import * as z from 'zod';
import { compiles, inMs, listOf, text, timeLimit, whole } from './values.ts';

const PATTERN = 'a regular expression such as ready|ok';

const check = z
  .strictObject({
    url: text('a URL with {address}, such as http://{address}:8080/health', /^https?:\/\/\S*\{address\}\S*$/)
      .exactOptional()
      .describe('URL on each instance itself; {address} is its private address.'),
    path: text('a path such as /health', /^\/\S*$/)
      .exactOptional()
      .describe(
        'Path that is requested through the test route: each listener that leads to green and to nothing that serves.',
      ),
    host: text('a host name such as shop.example.com', /^[^\s/]+$/)
      .exactOptional()
      .describe('Host of the request, which is also the name that a certificate must have. Default: that of the URL.'),
    status: whole(200, 499)
      .exactOptional()
      .describe('Status that the response must have. Default: 200 to 299. A status of 500 or more never counts.'),
    header: z
      .record(z.string(), z.string(), { error: 'a map such as { x-cache: HIT }' })
      .default({})
      .describe('Response headers and their exact values; {release} is filled in.'),
    json: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]), { error: 'a map such as { db.ready: true }' })
      .default({})
      .describe('Values of a JSON response by path, keys separated by dots; {release} is filled in.'),
    pattern: text(PATTERN)
      .refine(compiles, { error: PATTERN })
      .exactOptional()
      .describe('Regular expression that the body must match; {release} is filled in.'),
    inARow: whole(1, 1000).default(3).describe('Consecutive right responses, of every instance or test route.'),
    timeout: timeLimit.prefault('5s').describe('Timeout of one request.'),
  })
  .transform(inMs('timeout'));

const LIST = 'a list of checks such as { url: "http://{address}:8080/health" }';

export const checksSection = listOf(check, LIST, LIST)
  .transform((checks) =>
    checks.map(({ url, path, header: headers, ...rest }) => ({
      ...rest,
      headers,
      ...(url === undefined ? { through: 'route' as const, url: path ?? '' } : { through: 'instance' as const, url }),
    })),
  )
  .describe(
    'Checks of green before production may move to it, at the end of up and again as the first step of promote; rollback never waits for them. Each has either url or path.',
  );
