import * as z from 'zod';
import { text, whole } from './values.ts';

const VERSION = "a version number, $Latest, $Default, or text with '{release}' in it";

const launchTemplate = z
  .strictObject({
    name: text('the name of a launch template', /^[A-Za-z0-9().\-/_]{3,128}$/)
      .exactOptional()
      .describe('Name of the launch template. Either this or id.'),
    id: text('the id of a launch template, such as lt-0123456789abcdef0', /^lt-[0-9a-f]{8,17}$/)
      .exactOptional()
      .describe('Id of the launch template. Either this or name.'),
    version: z
      .union([text(VERSION, /^(?:[1-9]\d*|\$Latest|\$Default|.*\{release\}.*)$/), whole(1, 999_999)], {
        error: VERSION,
      })
      .transform(String)
      .exactOptional()
      .describe(
        'Version of the launch template: a number, $Latest, $Default, or text with {release} in it. Default: $Default.',
      ),
    versionDescription: text('the description of a version')
      .exactOptional()
      .describe(
        'Description of the version, for example "release {release}"; the newest match is used. Instead of version.',
      ),
  })
  .transform((template): typeof template =>
    'version' in template || 'versionDescription' in template ? template : { ...template, version: '$Default' },
  )
  .describe('Launch template of green. Default: the instances of blue are cloned.');

const image = z
  .strictObject({
    name: text('the name of an image').exactOptional().describe('Name of the image (AMI), for example shop-{release}.'),
    tag: z
      .record(z.string(), text('the value of a tag'))
      .refine((tags) => Object.keys(tags).length > 0, { error: 'at least one tag' })
      .exactOptional()
      .describe("Tags of the image, for example { Release: '{release}' }."),
    parameter: text('the name of an SSM parameter')
      .exactOptional()
      .describe("Name of the SSM parameter that contains the image's id, for example /shop/{release}/ami."),
    owner: text(
      "self, amazon, aws-marketplace, or an account's 12 digits in quotes",
      /^(?:self|amazon|aws-marketplace|\d{12})$/,
    )
      .exactOptional()
      .describe('Owner of the image, with name or tag. Default: self, your own account.'),
  })
  .transform((given): typeof given => ('parameter' in given ? given : { owner: 'self', ...given }))
  .describe('Image of green, instead of the one in the launch template. Exactly one of name, tag and parameter.');

const tagPrefix = text('a prefix for tags such as turnout, not aws', /^(?!aws$)[A-Za-z0-9_.-]{1,64}$/i)
  .default('turnout')
  .describe(
    'Prefix of the ownership tags: turnout:environment, turnout:fleet, turnout:release, turnout:current, turnout:promoted.',
  );

const count = whole(1, 1000)
  .exactOptional()
  .describe(
    'How many instances a new fleet has. Default: as many as production; a smaller fleet than before is refused.',
  );

const ec2 = z.strictObject({
  kind: z.literal('ec2').describe('EC2 instances, identified by their tags.'),
  tagPrefix,
  count,
  launchTemplate: launchTemplate.exactOptional(),
  image: image.exactOptional(),
  userData: text('a script, as text')
    .exactOptional()
    .describe(
      'User data of the new instances, with {release}. Variables (${NAME}) are not replaced: they belong to the script.',
    ),
});

const layer = z
  .strictObject({
    name: text('a name of at most 32 characters', /^.{1,32}$/)
      .exactOptional()
      .describe(
        "Name of the new layer, for example 'web {release}'. Default: derived from environment, release and run.",
      ),
    shortName: text('a short name: at most 32 of letters, digits and - _ .', /^[A-Za-z0-9\-_.{}]{1,40}$/)
      .exactOptional()
      .describe("Short name of the new layer, for example 'web-{release}'. Default: derived like the name."),
    type: z
      .literal('custom', { error: 'custom' })
      .exactOptional()
      .describe(
        'Makes the clone of a built-in layer a custom layer with the same recipes: a stack can have only one layer of each built-in type.',
      ),
    attributes: z
      .record(z.string(), z.string({ error: 'text' }))
      .exactOptional()
      .describe('Attributes that OpsWorks does not return, for example passwords; use variables.'),
  })
  .describe("Properties of the new layer that differ from blue's.");

/** As `unknown`, since nothing here reads it. */
const json: z.ZodType = z.json({ error: 'text, numbers, lists or maps' });

const opsworks = z.strictObject({
  kind: z
    .literal('opsworks')
    .describe('Layers of an AWS OpsWorks stack. AWS ended the service in May 2024: for emulators and rehearsals.'),
  tagPrefix,
  count,
  stack: text('the name or the id of a stack').describe('Name or id of the OpsWorks stack.'),
  app: text('the short name of an app')
    .exactOptional()
    .describe("Short name of the app whose revision is set in the new layer's custom JSON (deploy.APP.scm.revision)."),
  revision: text("a revision such as '{release}'")
    .default('{release}')
    .describe('Revision of the app, with {release}. Only with app.'),
  customJson: z
    .record(z.string(), json, { error: 'a map' })
    .exactOptional()
    .describe("Attributes to add to the new layer's custom JSON, with {release}."),
  image: image.exactOptional(),
  layer: layer.exactOptional(),
});

const autoScaling = z.strictObject({
  kind: z
    .literal('auto-scaling')
    .describe('EC2 Auto Scaling groups: two that take turns, or a clone for each release. See docs/auto-scaling.md.'),
  tagPrefix,
  count,
  groups: z
    .array(text('the name of an Auto Scaling group', /^[!-9;-~]{1,255}$/), { error: 'two names' })
    .length(2, { error: 'two names' })
    .exactOptional()
    .describe(
      'Names of the two groups; one serves, the other is empty until the next release. By weights each is attached to a target group of its own; with `traffic.kind: target-groups` turnout attaches and detaches them.',
    ),
  clone: text('the name of an Auto Scaling group', /^[!-9;-~]{1,150}$/)
    .exactOptional()
    .describe(
      'Instead of groups: name of the group that serves today. `up` makes a group like the one that serves for each release, called by this name and the release, and `cleanup` deletes it.',
    ),
  launchTemplate: launchTemplate
    .exactOptional()
    .describe('Launch template of the next release. Default: the version that the serving group launches from.'),
  image: image.exactOptional(),
});

export const fleetSection = z
  .discriminatedUnion('kind', [ec2, opsworks, autoScaling])
  .describe('The servers, and how new ones are launched. At least one value must contain {release}.');
