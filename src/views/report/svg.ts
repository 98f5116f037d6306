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

/** How an area is told from others: by its colour, and by its mark, which also those see who tell few colours, or print. */
interface Paint {
  readonly colour: string;
  readonly mark: keyof typeof MARKS;
}

/** Lines and dots of a tile of 8 by 8. */
const MARKS = {
  plain: '',
  rising: 'M-2 10L10 -2M-2 2L2 -2M6 10L10 6',
  falling: 'M-2 -2L10 10M6 -2L10 2M-2 6L2 10',
  across: 'M0 4H8',
  upright: 'M4 0V8',
  crossed: 'M0 4H8M4 0V8',
} as const;

/** The order in which releases, groups and so on get them. */
const PAINTS: readonly Paint[] = [
  { colour: '#4269d0', mark: 'plain' },
  { colour: '#c2571a', mark: 'rising' },
  { colour: '#8a4fd3', mark: 'across' },
  { colour: '#8a5a3c', mark: 'falling' },
  { colour: '#0b7f92', mark: 'upright' },
];
const FIXED: Readonly<Record<string, Paint>> = {
  healthy: { colour: '#2e8b45', mark: 'plain' },
  initial: { colour: '#a87b00', mark: 'across' },
  draining: { colour: '#5b7fc7', mark: 'rising' },
  unhealthy: { colour: '#d62728', mark: 'crossed' },
  unused: { colour: '#80868f', mark: 'falling' },
  failed: { colour: '#d62728', mark: 'crossed' },
};

/** The paint of a word among others: a fill for `bar`. */
export function paintOf(word: string, all: readonly string[]): string {
  return `url(#${word in FIXED ? `state-${word}` : `paint-${Math.max(0, all.indexOf(word)) % PAINTS.length}`})`;
}

/** The definitions that those fills need, once a page. */
export function paintDefinitions(): string {
  const all = [
    ...PAINTS.map((paint, n) => [`paint-${n}`, paint] as const),
    ...Object.entries(FIXED).map(([word, paint]) => [`state-${word}`, paint] as const),
  ];
  const patterns = all.map(([id, { colour, mark }]) =>
    tag(
      'pattern',
      { id, width: 8, height: 8, patternUnits: 'userSpaceOnUse' },
      tag('rect', { width: 8, height: 8, fill: colour }) +
        tag('path', { d: MARKS[mark], stroke: '#fff', 'stroke-opacity': 0.75, 'stroke-width': 1.5, fill: 'none' }),
    ),
  );
  return tag('defs', {}, patterns.join(''));
}
