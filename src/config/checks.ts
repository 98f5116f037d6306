import { dependsOnRelease } from './release.ts';
import { sandboxChecks } from './checks-sandbox.ts';
import { repeated, showPath, unless, type Mistake, type Path } from './problem.ts';

type Tree = Readonly<Record<string, unknown>>;

/** Checks across keys. They accept data of any shape, so that they also run on a file with other mistakes. */
export function crossChecks(data: unknown): readonly Mistake[] {
  const root = tree(data);
  return [
    ...fleetChecks(root),
    ...scalingChecks(root),
    ...deployerChecks(root),
    ...placeholderChecks(root),
    ...trafficChecks(root),
    ...oneOf(tree(root['release'])['marker'], ['release', 'marker'], ['header', 'json', 'regexp']),
    ...list(root['checks']).flatMap((check, index) => oneOf(check, ['checks', index], ['url', 'path'])),
    ...gateChecks(root),
    ...previewChecks(root),
    ...sandboxChecks(root['sandbox']),
  ];
}

function tree(value: unknown): Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** All strings in `value`, with their paths; `key` is the path with dots. */
function strings(value: unknown, path: Path = []): readonly { path: Path; key: string; text: string }[] {
  if (typeof value === 'string') return [{ path, key: path.join('.'), text: value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => strings(item, [...path, index]));
  return Object.entries(tree(value)).flatMap(([key, item]) => strings(item, [...path, key]));
}

/** Exactly one of `keys` must be present, or at most one when `optional`. */
function oneOf(value: unknown, path: Path, keys: readonly string[], optional = false): readonly Mistake[] {
  if (tree(value) !== value) return [];
  const found = keys.filter((key) => key in value);
  const message = `expected ${optional ? 'at most' : 'exactly'} one of ${keys.join(', ')}; found ${found.join(', ') || 'none'}`;
  return unless(found.length === 1 || (optional && found.length === 0), path, message);
}

/** Verdicts are known by their names, and a probe tells releases apart by the marker. */
function gateChecks(root: Tree): readonly Mistake[] {
  const gates = list(root['gates']).map(tree);
  const named = gates.map(({ name }, index) => ({
    path: ['gates', index, 'name'],
    id: typeof name === 'string' ? name : undefined,
  }));
  const twice = repeated(named).map(({ path }) => ({ path, message: 'expected each name once; found it twice' }));
  const blind =
    'marker' in tree(root['release']) ? [] : gates.flatMap(({ kind }, index) => (kind === 'probe' ? index : []));
  const message = 'expected release.marker, by which a probe tells releases apart; found none';
  return [...twice, ...blind.map((index) => ({ path: ['gates', index], message }))];
}

/** Where names divide production, each fleet has a load balancer of its own: no rule of the one that serves leads to the other. */
function previewChecks(root: Tree): readonly Mistake[] {
  const isNamed = tree(root['traffic'])['kind'] === 'weighted-dns';
  const message = 'expected none where DNS names divide production: green has a load balancer and a URL of its own';
  return unless(!(isNamed && 'preview' in root), ['preview'], message);
}

/** Before it is encoded (EC2 user guide, "Run commands when you launch an EC2 instance with user data input"). */
const USER_DATA_BYTES = 16_384;

function fleetChecks(root: Tree): readonly Mistake[] {
  const { launchTemplate, image, kind, app, userData } = tree(root['fleet']);
  // The default of `revision` is the release.
  const named = kind === 'opsworks' && app !== undefined && !('revision' in tree(root['fleet']));
  const owned = 'parameter' in tree(image) && 'owner' in tree(image);
  return [
    ...oneOf(launchTemplate, ['fleet', 'launchTemplate'], ['name', 'id']),
    ...oneOf(launchTemplate, ['fleet', 'launchTemplate'], ['version', 'versionDescription'], true),
    ...oneOf(image, ['fleet', 'image'], ['name', 'tag', 'parameter']),
    ...unless(
      typeof userData !== 'string' || Buffer.byteLength(userData) <= USER_DATA_BYTES,
      ['fleet', 'userData'],
      `expected at most 16 KB, as EC2 takes no more; found ${Buffer.byteLength(String(userData))} bytes`,
    ),
    ...unless(
      !owned,
      ['fleet', 'image', 'owner'],
      'expected no owner together with parameter, which identifies a single image',
    ),
    ...unless(
      !['ec2', 'opsworks', 'auto-scaling'].some((known) => known === kind) ||
        named ||
        strings(root).some(({ key, text }) => FILLED.test(key) && dependsOnRelease(text)),
      ['fleet'],
      kind === 'opsworks' ? SAME_LAYERS : SAME_SERVERS,
    ),
  ];
}

/** What a fleet of Auto Scaling groups is not used with. */
function scalingChecks(root: Tree): readonly Mistake[] {
  const { kind, groups, clone } = tree(root['fleet']);
  if (kind !== 'auto-scaling') return [];
  const names = list(groups);
  return [
    ...unless(
      (groups === undefined) !== (clone === undefined),
      ['fleet'],
      'expected either groups, which take turns, or clone, the group that is cloned for each release',
    ),
    ...unless(
      names.length < 2 || names[0] !== names[1],
      ['fleet', 'groups', 1],
      'expected two different groups; found the same one twice',
    ),
  ];
}

const SAME_SERVERS =
  'expected {release} in launchTemplate.version, launchTemplate.versionDescription, image or userData; found it in none of them, so every release would launch the same servers';
const SAME_LAYERS =
  'expected app, or {release} in image or customJson; found neither, so every release would launch the same servers';

/** A deployer of kind opsworks uses the stack of the fleet, or its own `stack`. */
function deployerChecks(root: Tree): readonly Mistake[] {
  return [...stackChecks(root), ...pullChecks(root)];
}

/** What an instance reports is no proof that it runs. */
function pullChecks(root: Tree): readonly Mistake[] {
  const isPull = tree(root['deploy'])['kind'] === 'pull';
  const asks = strings(root['instanceCheck']).some(({ text }) => dependsOnRelease(text));
  const message = 'expected instanceCheck with {release} in contains or url: what an instance reports is no proof';
  return unless(!isPull || asks, ['deploy'], message);
}

function stackChecks(root: Tree): readonly Mistake[] {
  if (tree(root['fleet'])['kind'] === 'opsworks') return [];
  return ['deploy', 'migrate']
    .filter((key) => tree(root[key])['kind'] === 'opsworks' && !('stack' in tree(root[key])))
    .map((key) => ({ path: [key], message: 'expected stack, since the fleet is not of kind opsworks' }));
}

/** Keys in which {release} is filled in. */
const FILLED =
  /^fleet\.(?:launchTemplate\.version|launchTemplate\.versionDescription|image\.(?:name|parameter|tag\..*)|userData|revision|customJson\..*|layer\.(?:name|shortName))$/s;

/** Keys of in-place deploys, in which more placeholders are filled in, and of the sandbox, which are not checked. */
const OTHERS =
  /^(?:sandbox(?:\.|$)|(?:deploy|migrate)\.(?:run\.|parameters\.|args\.|revision)|instanceCheck\.|drainCheck\.|checks\.|gates\.)/;

function placeholderChecks(root: Tree): readonly Mistake[] {
  const message =
    'expected no {release} here: it is filled in only in launchTemplate.version, launchTemplate.versionDescription, image and userData of fleet (for OpsWorks in revision, image, customJson and the names of layer), and in deploy, migrate, instanceCheck, checks and gates';
  return strings(root)
    .filter(({ key, text }) => !FILLED.test(key) && !OTHERS.test(key) && dependsOnRelease(text))
    .map(({ path }) => ({ path, message }));
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
    message: `expected each target group once; found the same one in ${showPath(first.slice(0, 3))}`,
  }));
  return [...twice, ...(traffic['kind'] === 'weighted-listener' ? lists.flatMap(routeChecks) : [])];
}

/** A listener or rule is identified by its ARN, or by load balancer, port and priority. */
function routeChecks({ path, entry }: { path: Path; entry: Tree }): readonly Mistake[] {
  if (path[1] === 'groups') return [];
  const words = ['loadBalancer', 'port', 'priority'].filter((key) => key in entry);
  const whole = 'arn' in entry ? words.length === 0 : words.includes('loadBalancer') && words.includes('port');
  return unless(whole, path, 'expected loadBalancer and port (and priority), or arn alone');
}

/** Names are unique per account and region (ELBv2 API, CreateTargetGroup), so a name and an ARN can be compared. */
function groupName(nameOrArn: string): string {
  return /:targetgroup\/([^/]+)\//.exec(nameOrArn)?.[1] ?? nameOrArn;
}
