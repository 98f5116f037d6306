/** `{release}`, but not the `${release}` of a shell script in user data. */
const PLACEHOLDER = /(?<!\$)\{release\}/g;

/** Replaces each `{release}` with the release. */
export function fillRelease(template: string, release: string): string {
  return template.replaceAll(PLACEHOLDER, () => release);
}

/** Whether the text contains `{release}`. */
export function dependsOnRelease(text: string): boolean {
  return text.search(PLACEHOLDER) !== -1;
}
