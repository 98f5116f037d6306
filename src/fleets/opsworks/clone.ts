import { createHash } from 'node:crypto';
import type { CreateLayerCommandInput, Layer } from '../../aws/opsworks.ts';
import { fillRelease } from '../../config/release.ts';
import { OperatorError } from '../../errors.ts';
import type { LaunchOrder } from '../fleet.ts';
import type { Marker, OpsWorksFleetOptions } from './layers.ts';

/** Cloning a layer: OpsWorks has no CloneLayer, so all parameters of CreateLayer are copied (OpsWorks API, CreateLayer). */

type Json = Readonly<Record<string, unknown>>;

const FILTERED = '*****FILTERED*****';
const NAME_MAX = 32;
const DIGEST = 7;

export type CloneNames = Readonly<Record<'name' | 'shortName', string>>;

/** Names of the clone: those of the config, or else names that are unique to this fleet and the same on any machine. */
export function cloneNames(
  { config: { layer = {} }, owner }: OpsWorksFleetOptions,
  { fleet, release }: Pick<LaunchOrder, 'fleet' | 'release'>,
): CloneNames {
  const unique = shortened(`${owner.environment}-${fleet}`.replaceAll(/[^A-Za-z0-9\-_.]/g, '-'));
  return {
    name: fillRelease(layer.name ?? unique, release),
    shortName: fillRelease(layer.shortName ?? unique, release),
  };
}

function shortened(name: string): string {
  if (name.length <= NAME_MAX) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST);
  return `${name.slice(0, NAME_MAX - DIGEST - 1)}-${digest}`;
}

/** @throws OperatorError when the layer cannot be cloned; it says what to add to the config */
export function checkClonable(
  layer: Layer,
  layers: readonly Layer[],
  names: CloneNames,
  { layer: changed = {} }: OpsWorksFleetOptions['config'],
): void {
  if ((changed.type ?? layer.Type) !== 'custom')
    throw new OperatorError(
      'layer-once',
      `The layer ${layer.Name} has the built-in type ${layer.Type}, and a stack can have only one layer of each built-in type.`,
      { next: [AS_CUSTOM] },
    );
  const hidden = Object.entries(layer.Attributes ?? {}).flatMap(([key, value]) =>
    value === FILTERED && changed.attributes?.[key] === undefined ? [key] : [],
  );
  if (hidden.length > 0)
    throw new OperatorError(
      'filtered-attributes',
      `OpsWorks hides the attributes ${hidden.join(', ')} of the layer ${layer.Name}, so a clone would lack them.`,
      { next: [`Set them in the config, from a variable: \`fleet.layer.attributes: { ${hidden[0]}: \${SECRET} }\`.`] },
    );
  const taken = layers.find(({ Name, Shortname }) => Name === names.name || Shortname === names.shortName);
  if (taken !== undefined)
    throw new OperatorError(
      'layer-exists',
      `The stack has a layer ${taken.Name} (${taken.Shortname}) already, and both names are unique in a stack.`,
      { next: OTHER_NAMES },
    );
}

const AS_CUSTOM =
  'Set `fleet.layer.type: custom`: the clone is then a custom layer that runs the same recipes, including the built-in ones.';
const OTHER_NAMES = [
  'If it was left by an interrupted run of this environment, `turnout cleanup --discard` deletes it.',
  'Otherwise delete that layer, or change `fleet.layer.name` and `fleet.layer.shortName`; without them, unique names are generated.',
];

/** The request that creates the clone; `marker` identifies it until it has tags. */
export function cloneRequest(
  layer: Layer,
  name: string,
  config: OpsWorksFleetOptions['config'],
  marker: Marker,
): CreateLayerCommandInput {
  const { Arn: _arn, LayerId: _id, CreatedAt: _at, DefaultSecurityGroupNames: _groups, ...copied } = layer;
  const { DefaultRecipes: builtIn, ...same } = copied;
  const { type = layer.Type, attributes } = config.layer ?? {};
  return {
    ...same,
    StackId: layer.StackId,
    Type: type,
    Name: name,
    Shortname: marker.shortName,
    Attributes: { ...layer.Attributes, ...attributes },
    CustomJson: JSON.stringify(overlay(customJsonOf(layer, config, marker.release), { turnout: marker })),
    ...(type !== layer.Type && { CustomRecipes: joined(builtIn, layer.CustomRecipes) }),
  };
}

/** The custom JSON of the layer, with the revision of the app and the `customJson` of the config. */
export function customJsonOf(
  layer: Layer,
  { app, revision, customJson }: OpsWorksFleetOptions['config'],
  release: string,
): Json {
  const before = parseJson(layer.CustomJson);
  const deploy = app === undefined ? {} : { deploy: { [app]: { scm: { revision: fillRelease(revision, release) } } } };
  return [deploy, filled(customJson ?? {}, release) as Json].reduce(overlay, before);
}

export function parseJson(text: string | undefined): Json {
  try {
    return JSON.parse(text || '{}') as Json;
  } catch (cause) {
    const message = 'The custom JSON of the layer is not valid JSON, so the layer cannot be cloned.';
    throw new OperatorError('custom-json', message, { next: ['Fix the custom JSON of the layer in OpsWorks.'], cause });
  }
}

function filled(value: unknown, release: string): unknown {
  if (typeof value === 'string') return fillRelease(value, release);
  if (Array.isArray(value)) return value.map((item) => filled(item, release));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, release)]));
}

/** Merges two objects deeply; `above` takes precedence. */
function overlay(below: Json, above: Json): Json {
  const both = Object.entries(above).map(([key, value]) => {
    const under = below[key];
    return [key, isObject(value) && isObject(under) ? overlay(under, value) : value];
  });
  return { ...below, ...Object.fromEntries(both) };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function joined(
  first: Layer['DefaultRecipes'],
  second: Layer['CustomRecipes'],
): CreateLayerCommandInput['CustomRecipes'] {
  const events = ['Setup', 'Configure', 'Deploy', 'Undeploy', 'Shutdown'] as const;
  return Object.fromEntries(events.map((event) => [event, [...(first?.[event] ?? []), ...(second?.[event] ?? [])]]));
}
