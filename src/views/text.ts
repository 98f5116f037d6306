import { stripVTControlCharacters, styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blueBright' | 'greenBright';

/** Colours a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

export function painter(colour: boolean): Paint {
  return (style, text) => (colour && text !== '' ? styleText(style, text, { validateStream: false }) : text);
}

/** Whether this stream shows colours: a terminal that supports them, unless NO_COLOR or FORCE_COLOR are set. */
export function showsColour(stream: NodeJS.WritableStream): boolean {
  return styleText('red', 'x', { stream }) !== 'x';
}

/** Bars of a line, from the lowest to the highest. */
export const SPARKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** Columns that a text takes on the screen, without its colours. */
export function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Cuts an uncoloured text to the width: `wait until he…`. */
export function cut(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** Breaks a text between words; lines after the first begin with `hang` spaces. A word is never broken. */
export function wrap(text: string, width: number, hang = 0): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const room = width - (lines.length === 0 ? 0 : hang);
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  if (line !== '') lines.push(line);
  return lines.map((each, index) => (index === 0 ? each : ' '.repeat(hang) + each));
}

/** Where less is left beside a head, a text begins below it. */
const ROOM_MIN = 24;
const BELOW = 4;

/**
 * `head` and behind it the text, broken to the width: further lines begin below the text's first letter, or all of them, a bit
 * indented, where they would be narrow columns of single words.
 */
export function hanging(head: string, text: string, width: number): string[] {
  const indent = widthOf(head);
  if (indent > BELOW && width - indent < Math.min(ROOM_MIN, widthOf(text)))
    return [head.trimEnd(), ...wrap(text, width - BELOW).map((line) => ' '.repeat(BELOW) + line)];
  const [first = '', ...rest] = wrap(text, width - indent);
  return [(head + first).trimEnd(), ...rest.map((line) => ' '.repeat(indent) + line)];
}

/** `Done. 42 serves production`, broken to the width, the head in a style. */
export function headed(head: string, style: Style, text: string, width: number, paint: Paint): string[] {
  const [first = '', ...rest] = wrap(`${head} ${text}`, width);
  return [paint(style, head) + first.slice(head.length), ...rest];
}

/** Groups of lines with a blank line between them, without the empty ones. */
export function paragraphs(groups: readonly (readonly string[])[]): string {
  const texts = groups.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return texts.join('\n\n');
}

/** Rows of cells as lines: all columns but the last are padded to their widest cell, with two spaces between. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, widthOf(cell))));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : pad(cell, widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
