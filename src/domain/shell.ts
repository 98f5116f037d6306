/** The words of commands that a person pastes into a POSIX shell. */

/** One word, whatever is in it. */
export function shellWord(text: string): string {
  return /^[\w.:/=+@%,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** A command of which each value is one word: shell`turnout promote --ignore-alarm ${name}`. */
export function shell(parts: TemplateStringsArray, ...values: readonly (string | undefined)[]): string {
  return parts.reduce((command, part, n) => `${command}${shellWord(values[n - 1] ?? '')}${part}`);
}

/** These have another config file, or need none. */
const NO_CONFIG = /^(init|follow|sandbox|completion|--)\b|--(config|help|version)\b/;

/** Advice whose commands, in backticks, name the config file that was given: pasted, they are about the same environment. */
export function aboutConfig(text: string, file: string): string {
  return text.replaceAll(/`turnout ([^`]+)`/g, (whole, command: string) =>
    NO_CONFIG.test(command) ? whole : `\`turnout ${command} --config ${shellWord(file)}\``,
  );
}
