/** Links and anchors of Markdown pages, as the repository's host and the docs site both make them. */

/** The text without code, in which nothing is a link or a heading. */
function prose(markdown: string): string {
  return markdown.replaceAll(/^( *)(`{3,}|~{3,})[^]*?^\1\2`*$/gm, '').replaceAll(/<!--[^]*?-->/g, '');
}

/** Where the links of a page lead within the repository: `[path, anchor]`, either of which may be empty. */
export function linksOf(markdown: string): readonly (readonly [path: string, anchor: string])[] {
  const found = prose(markdown)
    .replaceAll(/`[^`\n]*`/g, '')
    .matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g);
  return [...found].map(([, path = '', anchor = '']) => [path, anchor]);
}

/** The anchors of a page's headings. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose(markdown).matchAll(/^#{1,6} +(.+)$/gm)) {
    const slug = slugOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, ''));
    const same = (n: number): string => (n === 0 ? slug : `${slug}-${n}`);
    let n = 0;
    while (anchors.has(same(n))) n += 1;
    anchors.add(same(n));
  }
  return anchors;
}

/** The anchor of a heading's text, as GitHub makes it: of letters, digits, hyphens and underscores. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}
