import { expect, test } from 'vitest';
import { notices, packageFolder } from '../../../tools/build/notices.ts';

test.for([
  ['/x/node_modules/a/b.js', '/x/node_modules/a'],
  ['/x/node_modules/@s/a/b/c.js?own-copy', '/x/node_modules/@s/a'],
  ['/x/node_modules/a/node_modules/b/c.js', '/x/node_modules/a/node_modules/b'],
  ['C:\\x\\node_modules\\a\\b.js', 'C:/x/node_modules/a'],
  ['/x/src/a.ts', undefined],
])('%s belongs to %s', ([id, folder]) => {
  expect(packageFolder(id!)).toBe(folder);
});

test('packages with one licence text share it, and none is named twice', () => {
  const a = { name: 'a', version: '1.0.0', license: 'MIT', text: 'Copyright A' };
  const text = notices([a, { ...a, name: 'b' }, { ...a, name: 'b' }, { ...a, name: 'c', text: 'Copyright C' }]);
  expect(text.match(/^- .*/gm)).toEqual(['- a 1.0.0', '- b 1.0.0', '- c 1.0.0']);
  expect(text.match(/Copyright ./g)).toEqual(['Copyright A', 'Copyright C']);
});
