import * as z from 'zod';
import { text, whole } from './values.ts';

const VERSION = "a version number, $Latest, $Default, or text with '{release}' in it";

const launchTemplate = z
  .strictObject({
    name: text('the name of a launch template', /^[A-Za-z0-9().\-/_]{3,128}$/)
      .optional()
      .describe('Name of the launch template. Either this or id.'),
    id: text('the id of a launch template, such as lt-0123456789abcdef0', /^lt-[0-9a-f]{8,17}$/)
      .optional()
      .describe('Id of the launch template. Either this or name.'),
    version: z
      .union([text(VERSION, /^(?:[1-9]\d*|\$Latest|\$Default|.*\{release\}.*)$/), whole(1, 999_999)], {
        error: VERSION,
      })
      .transform(String)
      .optional()
      .describe(
        'Version of the template: a number, $Latest, $Default, or text with {release} in it. Default: $Default, the one that EC2 takes when none is asked for.',
      ),
    versionDescription: text('the description of a version')
      .optional()
      .describe('Takes the newest version whose description is this, such as "release {release}". Instead of version.'),
  })
  .describe('The launch template that green is booted from. Leave it out to clone what blue runs.');

const image = z
  .strictObject({
    name: text('the name of an image').optional().describe('Name of the image (AMI), such as shop-{release}.'),
    tag: z
      .record(z.string(), text('the value of a tag'))
      .refine((tags) => Object.keys(tags).length > 0, { error: 'at least one tag' })
      .optional()
      .describe("Tags that the image carries, such as { Release: '{release}' }."),
    parameter: text('the name of an SSM parameter')
      .optional()
      .describe("Name of the SSM parameter that holds the image's id, such as /shop/{release}/ami."),
    owner: text(
      "self, amazon, aws-marketplace, or an account's 12 digits in quotes",
      /^(?:self|amazon|aws-marketplace|\d{12})$/,
    )
      .optional()
      .describe('Whose images are looked through, with name or tag. Default: self, your own account.'),
  })
  .describe(
    'The image that green boots, in place of the one in the launch template. Exactly one of name, tag and parameter.',
  );

const tagPrefix = text('a prefix for tags such as turnout, not aws', /^(?!aws$)[A-Za-z0-9_.-]{1,64}$/i)
  .default('turnout')
  .describe(
    'Prefix of the ownership tags: turnout:environment, turnout:fleet, turnout:release, turnout:current, turnout:promoted.',
  );

const ec2 = z.strictObject({
  kind: z.literal('ec2').describe('Instances that are known by their tags.'),
  tagPrefix,
  launchTemplate: launchTemplate.optional(),
  image: image.optional(),
  userData: text('a script, as text')
    .optional()
    .describe('User data of the new instances, with {release}. Variables (${NAME}) are left to the script.'),
});

const layer = z
  .strictObject({
    name: text('a name of at most 32 characters', /^.{1,32}$/)
      .optional()
      .describe("Name of the new layer, such as 'web {release}'. Default: one made of environment, release and run."),
    shortName: text('a short name: at most 32 of letters, digits and - _ .', /^[A-Za-z0-9\-_.{}]{1,40}$/)
      .optional()
      .describe("Short name of the new layer, such as 'web-{release}'. Default: made like the name."),
    type: z
      .literal('custom', { error: 'custom' })
      .optional()
      .describe(
        'Makes the clone of a built-in layer a custom one that runs the same recipes: a stack has each built-in type once.',
      ),
    attributes: z
      .record(z.string(), z.string({ error: 'text' }))
      .optional()
      .describe('Attributes in place of the passwords that OpsWorks does not show, from variables.'),
  })
  .describe("What the new layer has of its own; all else is blue's.");

const opsworks = z.strictObject({
  kind: z
    .literal('opsworks')
    .describe(
      'Layers of a stack of AWS OpsWorks Stacks, which AWS switched off in May 2024: for stand-ins and rehearsals.',
    ),
  tagPrefix,
  stack: text('the name or the id of a stack').describe('The OpsWorks stack, by its name or id.'),
  app: text('the short name of an app')
    .optional()
    .describe(
      "Short name of the app whose revision is put into the new layer's custom JSON (deploy.APP.scm.revision).",
    ),
  revision: text("a revision such as '{release}'")
    .default('{release}')
    .describe('The revision of the app, with {release}. Only with app.'),
  customJson: z
    .record(z.string(), z.json({ error: 'text, numbers, lists or maps' }), { error: 'a map' })
    .optional()
    .describe("Attributes put into the new layer's custom JSON, on top of blue's, with {release}."),
  image: image.optional(),
  layer: layer.optional(),
});

export const fleetSection = z
  .discriminatedUnion('kind', [ec2, opsworks])
  .describe('The servers, and how new ones are booted. Something in here must depend on the release.');
