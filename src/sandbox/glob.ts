/** Compiles a pattern: `*` matches any characters, `?` matches one, `\` escapes the next one (EC2 API, filters). */
export function glob(pattern: string): (text: string) => boolean {
  if (!/[*?\\]/.test(pattern)) return (text) => text === pattern;
  const source = pattern.replaceAll(/\\?[^]/g, (part) => GLOB[part] ?? literal(part.at(-1)!));
  const expression = new RegExp(`^${source}$`, 's');
  return (text) => expression.test(text);
}

const GLOB: Readonly<Record<string, string>> = { '*': '.*', '?': '.' };

function literal(character: string): string {
  return /\w/.test(character) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
