/** Text of others in single quotes, as YAML takes it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
