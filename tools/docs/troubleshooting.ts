import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/** `docs/troubleshooting.md`: every code of a refusal or an error, with what is said and what can be done, as the source has it. */

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

interface Told {
  readonly code: string;
  readonly says: readonly string[];
  readonly next: readonly string[];
}

/** AWS's own codes, as the emulator has them, and those of the library that checks the config. */
const NOT_OURS =
  /^(?:src\/sandbox\/(?:ec2|elbv2|opsworks|route53|s3|ssm|cloudwatch|api)\/|src\/config\/(?:issues|schema-\w+)\.ts)/;
/** Endings of runs: `finished` has them, and they are explained elsewhere. */
const ENDINGS: ReadonlySet<string> = new Set(['done', 'planned', 'held', 'needs-attention', 'fault', 'interrupted']);

/** Where the sentence is put together elsewhere, so that the source of the error has none. */
const SAYS: Readonly<Record<string, string>> = {
  'ambiguous-account': 'Several of what the account has would do, and there is no terminal to ask on.',
  'clients-failed':
    'With `--fail-on-errors`: requests of `--watch-traffic` failed. `--report FILE` shows when, and `turnout status` what serves.',
  'moved-by-others': 'Production is not as the last run left it.',
  'residual-traffic': 'Requests still reach the old servers. Wait, or `turnout cleanup --ignore-residual-traffic`.',
  'residual-traffic-unknown':
    'It could not be read whether requests still reach the old servers. Allow what is named, or `turnout cleanup --ignore-residual-traffic`.',
  retained:
    'A fleet is kept for `traffic.retention` after production has left it. `turnout cleanup --wait` waits for that.',
};

/** The page. */
export function troubleshootingPage(root: string): string {
  const byCode = Map.groupBy(
    sources(root).flatMap((text) => toldIn(withConstants(parseAst(text, { lang: 'ts' }) as unknown as Node))),
    ({ code }) => code,
  );
  const codes = [...byCode.keys()].filter((code) => !ENDINGS.has(code)).toSorted();
  return [
    '# Troubleshooting',
    '',
    '<!-- Written by tools/docs.ts from the source; `npm run docs` writes it again. -->',
    '',
    'Every refusal and every error that an operator can fix has a code: it is in `--json`, in the history, and in brackets in summaries. Below',
    'is what is said with it, and what can be done. Where a sentence names a release, a group or a time, it has … here. A refusal',
    '(exit code 2) has changed nothing. Which exit codes there are: [guarantees.md](guarantees.md); how runs end: [json.md](json.md).',
    '',
    ...codes.flatMap((code) => section(code, byCode.get(code) ?? [])),
  ].join('\n');
}

function section(code: string, told: readonly Told[]): readonly string[] {
  const says = distinct([SAYS[code] ?? '', ...told.flatMap((one) => one.says)]);
  const next = distinct(told.flatMap((one) => one.next));
  return [
    `## ${code}`,
    '',
    ...says.flatMap((text) => [`> ${plain(text)}`, '']),
    ...(next.length === 0 ? ['What can be done is in the sentence itself.', ''] : []),
    ...next.map((text) => `- ${plain(text)}`),
    '',
  ];
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.map((text) => text.trim()))].filter((text) => /[a-z]{3}/i.test(text));
}

/** As Markdown that shows the text as it is: names in angle brackets are no tags. */
function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('<', '&lt;')
    .replaceAll('*', String.raw`\*`)
    .replaceAll('{{', '{ {');
}

function sources(root: string): readonly string[] {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', 'src', 'tasks'], {
    cwd: root,
  });
  return files
    .toString()
    .split('\0')
    .filter((file) => file.endsWith('.ts') && !NOT_OURS.test(file))
    .map((file) => readFileSync(path.join(root, file), 'utf8'));
}

/** The same, with what names of constants stand for, where a text is made before the error is. */
function withConstants(ast: Node): Node {
  const declared = [...walk(ast)].filter(
    ({ type, init }) => type === 'VariableDeclarator' && (init as Node | null)?.type !== 'ArrowFunctionExpression',
  );
  for (const node of [...walk(ast)].filter(({ type }) => type === 'CallExpression' || type === 'NewExpression')) {
    if (!['refusal', 'OperatorError'].includes(nameOf(node['callee']))) continue;
    const before = declared.filter((one) => Number(one['start']) < Number(node['start']));
    const named = (one: Node): Node => {
      const found = one.type === 'Identifier' && before.findLast(({ id }) => nameOf(id) === nameOf(one));
      return found === false || found === undefined ? one : ((found['init'] as Node | null) ?? one);
    };
    const given = (node['arguments'] as readonly Node[]).map((one) =>
      one.type === 'ObjectExpression'
        ? {
            ...one,
            properties: (one['properties'] as readonly Node[]).map((each) => ({
              ...each,
              value: elementsNamed(each['value'] as Node | undefined, named),
            })),
          }
        : named(one),
    );
    Object.assign(node, { arguments: given });
  }
  return ast;
}

function elementsNamed(value: Node | undefined, named: (one: Node) => Node): Node | undefined {
  if (value?.type !== 'ArrayExpression') return value && named(value);
  return { ...value, elements: (value['elements'] as readonly Node[]).map(named) };
}

function toldIn(ast: Node): readonly Told[] {
  return [...walk(ast)].flatMap((node) => {
    if (node.type === 'CallExpression' && nameOf(node['callee']) === 'refusal') return made(node, (rest) => rest);
    if (node.type === 'NewExpression' && nameOf(node['callee']) === 'OperatorError')
      return made(node, (rest) => rest.flatMap((one) => propertyOf(one, 'next') ?? []));
    if (node.type === 'ObjectExpression') return inTable(node);
    return [];
  });
}

/** What `refusal` and `OperatorError` are given: a code, a sentence, and what can be done. */
function made(node: Node, nextOf: (rest: readonly Node[]) => readonly Node[]): readonly Told[] {
  const [code, message, ...rest] = node['arguments'] as readonly Node[];
  if (code === undefined || message === undefined) return [];
  const next = nextOf(rest).flatMap(textsIn);
  return textsIn(code).flatMap((one) => filled(one).map((name) => ({ code: name, says: textsIn(message), next })));
}

/** Entries of tables of translated errors: by `code`, or by their key. */
function inTable(node: Node): readonly Told[] {
  const own = propertyOf(node, 'code');
  const told = { says: textsOf(node, 'message', 'what'), next: textsOf(node, 'next') };
  if (own !== undefined) return textsIn(own).map((code) => ({ code, ...told }));
  return (node['properties'] as readonly Node[]).flatMap(({ key, value }) => {
    const entry = value as Node | undefined;
    if (entry?.type !== 'ObjectExpression' || propertyOf(entry, 'matches') === undefined) return [];
    return [{ code: nameOf(key), says: textsOf(entry, 'message'), next: textsOf(entry, 'next') }];
  });
}

function textsOf(node: Node, ...names: readonly string[]): readonly string[] {
  return names.flatMap((name) => propertyOf(node, name) ?? []).flatMap(textsIn);
}

/** What a template stands for. */
function filled(code: string): readonly string[] {
  if (code === '…-exists') return ['green', 'parked', 'rejected', 'retired'].map((role) => `${role}-exists`);
  return /^[a-z]+(-[a-z0-9]+)*$/.test(code) ? [code] : [];
}

function propertyOf(node: Node, name: string): Node | undefined {
  const properties = (node['properties'] ?? []) as readonly Node[];
  return properties.find(({ key }) => nameOf(key) === name)?.['value'] as Node | undefined;
}

/** Texts of an expression, whole: what is filled into a template is … . */
function textsIn(node: Node): readonly string[] {
  if (node.type === 'TemplateLiteral') {
    const parts = node['quasis'] as readonly { readonly value: { readonly cooked: string } }[];
    const values = (node['expressions'] as readonly Node[]).map(commandIn);
    return [parts.map(({ value }, n) => `${value.cooked}${values[n] ?? ''}`).join('')];
  }
  if (node.type === 'Literal') return typeof node['value'] === 'string' ? [node['value']] : [];
  if (node.type === 'BinaryExpression') {
    const [left, right] = [node['left'] as Node, node['right'] as Node];
    return [(textsIn(left)[0] ?? '…') + (textsIn(right)[0] ?? '…')];
  }
  return childrenOf(node).flatMap(textsIn);
}

/** What is filled in, where that is a command. */
function commandIn(node: Node): string {
  const isCommand = node.type === 'TaggedTemplateExpression' && nameOf(node['tag']) === 'shell';
  return (isCommand ? textsIn(node['quasi'] as Node)[0] : undefined) ?? '…';
}

function nameOf(node: unknown): string {
  const { name, value } = (node ?? {}) as { readonly name?: unknown; readonly value?: unknown };
  return typeof name === 'string' ? name : typeof value === 'string' ? value : '';
}

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* walk(child);
}

function childrenOf(node: Node): readonly Node[] {
  return Object.values(node)
    .flat()
    .filter((one): one is Node => typeof one === 'object' && one !== null && 'type' in one);
}
