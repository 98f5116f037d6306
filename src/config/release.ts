/** `{release}`, but not the `${release}` of a shell script in user data. */
const PLACEHOLDER = /(?<!\$)\{release\}/g;

/** Puts the release in the place of each `{release}`. */
export function fillRelease(template: string, release: string): string {
  return template.replaceAll(PLACEHOLDER, () => release);
}

/** Whether the text is another one for another release. */
export function dependsOnRelease(text: string): boolean {
  return text.search(PLACEHOLDER) !== -1;
}
