import { createHash } from 'node:crypto';
import type { CreateLayerCommandInput, Layer } from '../../aws/opsworks.ts';
import type { OpsWorksFleetConfig } from '../../config/config.ts';
import { fillRelease } from '../../config/release.ts';
import { OperatorError } from '../../errors.ts';
import type { Marker } from './tags.ts';

/** A layer made like another one: all that CreateLayer takes (aws-reference 3.3). */

type Json = Readonly<Record<string, unknown>>;

const FILTERED = '*****FILTERED*****';
const NAME_MAX = 32;
const DIGEST = 7;

export interface CloneNames {
  readonly name: string;
  readonly shortName: string;
}

/** The clone's names: those of the config, else ones that this fleet alone can have. The same from any machine. */
export function namesOf(
  { layer: wish }: OpsWorksFleetConfig,
  environment: string,
  fleet: string,
  release: string,
): CloneNames {
  const unique = shortened(`${environment}-${fleet}`.replaceAll(/[^A-Za-z0-9\-_.]/g, '-'));
  const name = wish?.name === undefined ? unique : fillRelease(wish.name, release);
  return { name, shortName: wish?.shortName === undefined ? unique : fillRelease(wish.shortName, release) };
}

function shortened(name: string): string {
  if (name.length <= NAME_MAX) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST);
  return `${name.slice(0, NAME_MAX - DIGEST - 1)}-${digest}`;
}

/** What keeps a layer from being cloned as it is. @throws OperatorError that says what to put into the config */
export function checkClonable(
  layer: Layer,
  layers: readonly Layer[],
  names: CloneNames,
  wish: OpsWorksFleetConfig,
): void {
  const type = wish.layer?.type ?? layer.Type;
  if (type !== 'custom')
    throw new OperatorError(
      'layer-once',
      `The layer ${layer.Name} is of the built-in type ${layer.Type}, and a stack has only one of each.`,
      {
        next: [
          'Set `fleet.layer.type: custom`: the clone is a custom layer that runs the same recipes, the built-in ones too.',
        ],
      },
    );
  const hidden = filteredIn(layer).filter((key) => wish.layer?.attributes?.[key] === undefined);
  if (hidden.length > 0)
    throw new OperatorError(
      'filtered-attributes',
      `OpsWorks does not show the attributes ${hidden.join(', ')} of the layer ${layer.Name}, so a clone would lack them.`,
      { next: [`Give them in the config, from a variable: \`fleet.layer.attributes: { ${hidden[0]}: \${SECRET} }\`.`] },
    );
  const taken = layers.find(({ Name, Shortname }) => Name === names.name || Shortname === names.shortName);
  if (taken !== undefined)
    throw new OperatorError(
      'layer-exists',
      `The stack has a layer ${taken.Name} (${taken.Shortname}) already, and both names are unique in a stack.`,
      {
        next: [
          '`turnout cleanup --discard` deletes it, if it is left from a run of this environment that did not end.',
          'Else delete that layer, or change `fleet.layer.name` and `fleet.layer.shortName`; left out, they are made unique.',
        ],
      },
    );
}

function filteredIn({ Attributes = {} }: Layer): readonly string[] {
  return Object.entries(Attributes).flatMap(([key, value]) => (value === FILTERED ? [key] : []));
}

/** The request that makes the clone; `marker` tells later whose it is, before it has tags. */
export function cloneRequest(
  layer: Layer,
  names: CloneNames,
  wish: OpsWorksFleetConfig,
  release: string,
  marker: Marker,
): CreateLayerCommandInput {
  const {
    Arn: _arn,
    LayerId: _id,
    CreatedAt: _at,
    DefaultSecurityGroupNames: _groups,
    DefaultRecipes: builtIn,
    ...same
  } = layer;
  const isConverted = wish.layer?.type === 'custom' && layer.Type !== 'custom';
  return {
    ...same,
    StackId: layer.StackId,
    Type: wish.layer?.type ?? layer.Type,
    Name: names.name,
    Shortname: names.shortName,
    Attributes: { ...layer.Attributes, ...wish.layer?.attributes },
    CustomJson: JSON.stringify(overlay(customJsonOf(layer, wish, release), { turnout: marker })),
    ...(isConverted ? { CustomRecipes: joined(builtIn, layer.CustomRecipes) } : {}),
  };
}

/** The layer's custom JSON with what the config says of the release: the revision of the app, and attributes of its own. */
export function customJsonOf(layer: Layer, { app, revision, customJson }: OpsWorksFleetConfig, release: string): Json {
  const before = parseJson(layer.CustomJson);
  const deploy = app === undefined ? {} : { deploy: { [app]: { scm: { revision: fillRelease(revision, release) } } } };
  return [deploy, filled(customJson ?? {}, release) as Json].reduce(overlay, before);
}

export function parseJson(text: string | undefined): Json {
  try {
    return JSON.parse(text || '{}') as Json;
  } catch (cause) {
    throw new OperatorError('custom-json', "The custom JSON of the layer is no JSON, and a clone's must be.", {
      next: ['Correct the custom JSON of the layer in OpsWorks.'],
      cause,
    });
  }
}

function filled(value: unknown, release: string): unknown {
  if (typeof value === 'string') return fillRelease(value, release);
  if (Array.isArray(value)) return value.map((item) => filled(item, release));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, release)]));
}

/** The second goes before the first, key by key. */
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
