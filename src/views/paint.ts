import { styleText } from 'node:util';

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
