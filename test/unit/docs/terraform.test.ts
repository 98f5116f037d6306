import { expect, test } from 'vitest';
import { ATTRIBUTES } from '../../../src/stores/dynamodb/index.ts';
import { mistakesIn } from '../../support/config.ts';
import { blocks } from './blocks.ts';

/** The Terraform example is copied as it stands: it is whole, and the config beside it means what it makes. */

const hcl = await blocks('docs/terraform.md', 'hcl');
const [whole = ''] = hcl;
const [config = ''] = await blocks('docs/terraform.md', 'yaml');

/** `aws_lb.shop`, and `data.…` and `var.…` with these words. */
function declared(text: string): ReadonlySet<string> {
  const blocksOf = [...text.matchAll(/^(resource|data|variable) "([\w-]+)"(?: "([\w-]+)")?/gm)];
  return new Set(
    blocksOf.map(([, kind, type = '', name = '']) => {
      if (kind === 'variable') return `var.${type}`;
      return `${kind === 'data' ? 'data.' : ''}${type}.${name}`;
    }),
  );
}

function used(text: string): readonly string[] {
  // Of a text only what is put into it.
  const code = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, (quoted) => /\$\{(.*)\}/.exec(quoted)?.[1] ?? '');
  return [...code.matchAll(/(?<![\w.])((?:data\.)?aws_\w+\.\w+|var\.\w+)/g)].map(([, name = '']) => name);
}

test('the example declares all that it refers to, and nothing that it does not need', () => {
  const there = declared(whole);
  expect(there.size).toBeGreaterThan(20);
  expect(used(whole).filter((name) => !there.has(name))).toEqual([]);
  expect([...there].filter((name) => name.startsWith('var.') && !used(whole).includes(name))).toEqual([]);
});

test('every block is closed, and each resource that turnout changes ignores it', () => {
  for (const text of hcl) {
    const code = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
    for (const [open, close] of ['{}', '[]', '()'].map((pair) => pair.split('')))
      expect(code.split(open!).length, text).toBe(code.split(close!).length);
  }
  for (const [text, ignored] of [
    [hcl[1], 'action'],
    [hcl[2], 'weighted_routing_policy'],
  ])
    expect(text).toContain(`ignore_changes = [${ignored}]`);
});

test('the config beside it is valid, and names what Terraform makes', () => {
  expect(mistakesIn(config)).toEqual([]);
  for (const group of ['production', 'test']) expect(config).toContain(`targetGroup: shop-${group}, port: 8080`);
  expect(whole).toMatch(/for_each += toset\(\["production", "test"\]\)\n +name += "shop-\$\{each\.key\}"/);
  expect(whole).toMatch(/resource "aws_launch_template" "web" \{\n +name += "shop-web"/);
  expect(whole).toMatch(/resource "aws_dynamodb_table" "turnout" \{\n +name += "turnout"/);
});

test('the table is as the store wants it', () => {
  const [partition, sort] = ATTRIBUTES.keys;
  expect(whole).toMatch(new RegExp(`hash_key += "${partition}"\\n +range_key += "${sort}"`));
  expect(whole).toContain(`attribute_name = "${ATTRIBUTES.expiry}"`);
  for (const name of ATTRIBUTES.keys) expect(whole).toMatch(new RegExp(`name = "${name}"\\n +type = "S"`));
});
