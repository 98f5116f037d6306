/** Small pieces of SVG. All text is escaped, all numbers are rounded. */

export function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

export function tag(name: string, facts: Readonly<Record<string, string | number>>, inner = ''): string {
  const written = Object.entries(facts).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : escape(value)}"`,
  );
  return `<${name}${written.join('')}>${inner}</${name}>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export function textElement(x: number, y: number, words: string, kind = ''): string {
  return tag('text', { x, y, ...(kind && { class: kind }) }, escape(words));
}

/** A bar with a tooltip. */
export function bar(x: number, y: number, width: number, height: number, fill: string, title: string): string {
  return tag('rect', { x, y, width: Math.max(width, 0.5), height, fill }, tag('title', {}, escape(title)));
}
