import { dependsOnRelease } from './release.ts';
import { sandboxChecks } from './checks-sandbox.ts';
import { showPath, type Mistake, type Path } from './problem.ts';
import { repeated } from './repeated.ts';

type Tree = Readonly<Record<string, unknown>>;

/** Checks that look at several keys; they take any shape, so that they also run on a file with other mistakes. */
export function crossChecks(data: unknown): readonly Mistake[] {
  const root = tree(data);
  return [
    ...fleetChecks(root),
    ...deployerChecks(root),
    ...placeholderChecks(root),
    ...trafficChecks(root),
    ...markerChecks(root),
    ...sandboxChecks(root['sandbox']),
  ];
}

function tree(value: unknown): Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** All strings below, with their paths. */
function strings(value: unknown, path: Path = []): readonly { path: Path; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => strings(item, [...path, index]));
  return Object.entries(tree(value)).flatMap(([key, item]) => strings(item, [...path, key]));
}

/** Exactly one of `keys` must be there, or at most one when `optional`. */
function oneOf(value: unknown, path: Path, keys: readonly string[], optional = false): readonly Mistake[] {
  if (tree(value) !== value) return [];
  const found = keys.filter((key) => key in value);
  if (found.length === 1 || (optional && found.length === 0)) return [];
  const message = `expected ${optional ? 'at most' : 'exactly'} one of ${keys.join(', ')}; found ${found.join(', ') || 'none'}`;
  return [{ path, message }];
}

function fleetChecks(root: Tree): readonly Mistake[] {
  const { launchTemplate, image, kind, app } = tree(root['fleet']);
  const same = kind === 'opsworks' ? SAME_LAYERS : SAME_FOR_ALL;
  // A revision that is left out is the release.
  const named = kind === 'opsworks' && app !== undefined && !('revision' in tree(root['fleet']));
  const owned = 'parameter' in tree(image) && 'owner' in tree(image);
  return [
    ...oneOf(launchTemplate, ['fleet', 'launchTemplate'], ['name', 'id']),
    ...oneOf(launchTemplate, ['fleet', 'launchTemplate'], ['version', 'versionDescription'], true),
    ...oneOf(image, ['fleet', 'image'], ['name', 'tag', 'parameter']),
    ...(owned
      ? [{ path: ['fleet', 'image', 'owner'], message: 'expected no owner beside parameter, which names one image' }]
      : []),
    ...(isKnown(kind) && !named && !filled(root).some(({ text }) => dependsOnRelease(text)) ? [same] : []),
  ];
}

const SAME_FOR_ALL: Mistake = {
  path: ['fleet'],
  message:
    'expected {release} in launchTemplate.version, launchTemplate.versionDescription, image or userData; found it in none, so that every release would boot the same servers',
};

function isKnown(kind: unknown): boolean {
  return kind === 'ec2' || kind === 'opsworks';
}

/** A deployer of OpsWorks works on the fleet's stack, or on one that it names. */
function deployerChecks(root: Tree): readonly Mistake[] {
  if (tree(root['fleet'])['kind'] === 'opsworks') return [];
  return ['deploy', 'migrate']
    .filter((key) => tree(root[key])['kind'] === 'opsworks' && !('stack' in tree(root[key])))
    .map((key) => ({ path: [key], message: 'expected stack: the fleet is no layer of OpsWorks that would name one' }));
}

const SAME_LAYERS: Mistake = {
  path: ['fleet'],
  message:
    'expected app, or {release} in image or customJson; found neither, so that every release would boot the same servers',
};

const FILLED =
  /^fleet\.(?:launchTemplate\.version|launchTemplate\.versionDescription|image\.(?:name|parameter|tag\..*)|userData|revision|customJson\..*|layer\.(?:name|shortName))$/s;

function isFilled(path: Path): boolean {
  return FILLED.test(path.join('.'));
}

/** Programs and checks of deploys in place know more words than the release. */
const IN_PLACE = /^(?:(?:deploy|migrate)\.(?:run\.|parameters\.|args\.|revision)|instanceCheck\.|drainCheck\.)/;

/** The strings in which {release} is filled in. */
function filled(root: Tree) {
  return strings(root).filter(({ path }) => isFilled(path));
}

function placeholderChecks(root: Tree): readonly Mistake[] {
  const message =
    'expected no {release} here: it is filled in only in launchTemplate.version, launchTemplate.versionDescription, image and userData of fleet (for OpsWorks in revision, image, customJson and the names of layer), and in deploy, migrate and instanceCheck';
  return strings(root)
    .filter(
      ({ path, text }) =>
        path[0] !== 'sandbox' && !isFilled(path) && !IN_PLACE.test(path.join('.')) && dependsOnRelease(text),
    )
    .map(({ path }) => ({ path, message }));
}

function markerChecks(root: Tree): readonly Mistake[] {
  const { marker } = tree(root['release']);
  return oneOf(marker, ['release', 'marker'], ['header', 'json', 'regexp']);
}

function trafficChecks(root: Tree): readonly Mistake[] {
  const traffic = tree(root['traffic']);
  const lists = ['production', 'test', 'groups'].flatMap((key) =>
    list(traffic[key]).map((entry, index) => ({ path: ['traffic', key, index], entry: tree(entry) })),
  );
  const named = lists.map(({ path, entry: { targetGroup: id } }) => ({
    path: [...path, 'targetGroup'],
    id: typeof id === 'string' ? groupName(id) : undefined,
  }));
  const twice = repeated(named).map(({ path, first }) => ({
    path,
    message: `expected each target group once; found that of ${showPath(first.slice(0, 3))} again`,
  }));
  return [...twice, ...(traffic['kind'] === 'weighted-listener' ? lists.flatMap(routeChecks) : [])];
}

/** A listener or a rule is named in one of two ways. */
function routeChecks({ path, entry }: { path: Path; entry: Tree }): readonly Mistake[] {
  if (path[1] === 'groups') return [];
  const words = ['loadBalancer', 'port', 'priority'].filter((key) => key in entry);
  const whole = 'arn' in entry ? words.length === 0 : words.includes('loadBalancer') && words.includes('port');
  return whole ? [] : [{ path, message: 'expected loadBalancer and port (and priority), or arn alone' }];
}

/** A group's name is unique in its account and region (ELBv2 API, CreateTargetGroup), so name and ARN can be compared. */
function groupName(nameOrArn: string): string {
  return /:targetgroup\/([^/]+)\//.exec(nameOrArn)?.[1] ?? nameOrArn;
}
