/** Compiles a pattern of a policy: `*` matches any characters, `?` matches one; nothing escapes them (IAM user guide, Resource). */
export function wildcard(pattern: string): (text: string) => boolean {
  if (!/[*?]/.test(pattern)) return (text) => text === pattern;
  const source = pattern.replaceAll(/[^\w]/g, (part) => WILD[part] ?? `\\u${hex(part)}`);
  const expression = new RegExp(`^${source}$`, 's');
  return (text) => expression.test(text);
}

const WILD: Readonly<Record<string, string>> = { '*': '.*', '?': '.' };

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0');
}
