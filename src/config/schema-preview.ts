import * as z from 'zod';
import { listOf, text } from './values.ts';

const KINDS = 'header and value, cookie and value, or source';
const TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]";
/** `*` and `?` are wildcards in a rule (ALB user guide, "HTTP header conditions"). */
const value = text(
  'text without spaces, quotes, commas, semicolons, * and ?, at most 100 characters',
  /^[^\s"',;*?\\]{1,100}$/,
);
const block = text('a block of addresses such as 203.0.113.0/24', /^(?:(?:\d{1,3}\.){3}\d{1,3}|[\da-f:]+)\/\d{1,3}$/i);

export const previewSection = z
  .strictObject({
    header: text('the name of a header such as x-preview', new RegExp(`^${TOKEN}{1,40}$`))
      .exactOptional()
      .describe('Name of the header that a request has to have.'),
    cookie: text('the name of a cookie such as preview', new RegExp(`^(?!.*[*?])${TOKEN}{1,40}$`))
      .exactOptional()
      .describe('Name of the cookie, instead of the header.'),
    value: value.exactOptional().describe('Value of the header or cookie, in full.'),
    source: listOf(block, 'a list of blocks such as [203.0.113.0/24]', 'at least one block')
      .exactOptional()
      .describe('Instead: blocks of addresses from which a request comes, in CIDR notation.'),
  })
  .transform(({ header, cookie, value: wanted, source }, context) => {
    if (wanted !== undefined && source === undefined) {
      if (header !== undefined && cookie === undefined) return { by: 'header' as const, name: header, value: wanted };
      if (cookie !== undefined && header === undefined) return { by: 'cookie' as const, name: cookie, value: wanted };
    }
    if (source !== undefined && wanted === undefined && header === undefined && cookie === undefined)
      return { by: 'source' as const, blocks: source };
    context.addIssue({ code: 'custom', message: KINDS });
    return z.NEVER;
  })
  .describe(
    "Which requests to production's own listener green gets from the end of `up` on, until production moves: a rule of turnout's own above production's. For an Application Load Balancer.",
  );
