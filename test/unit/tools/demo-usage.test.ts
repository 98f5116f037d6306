import { expect, test } from 'vitest';
import { OPTIONS, usageText } from '../../../tools/demo/usage.ts';

test('the help of the demo names each option, and fits 80 columns', () => {
  const lines = usageText().split('\n');
  for (const name of Object.keys(OPTIONS)) expect(usageText()).toMatch(new RegExp(`^  --${name} `, 'm'));
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});
