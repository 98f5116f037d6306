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

const ec2 = z.strictObject({
  kind: z.literal('ec2').describe('Instances that are known by their tags.'),
  tagPrefix: text('a prefix for tags such as turnout, not aws', /^(?!aws$)[A-Za-z0-9_.-]{1,64}$/i)
    .default('turnout')
    .describe(
      'Prefix of the ownership tags: turnout:environment, turnout:fleet, turnout:release, turnout:current, turnout:promoted.',
    ),
  launchTemplate: launchTemplate.optional(),
  image: image.optional(),
  userData: text('a script, as text')
    .optional()
    .describe('User data of the new instances, with {release}. Variables (${NAME}) are left to the script.'),
});

export const fleet = z
  .discriminatedUnion('kind', [ec2])
  .describe('The servers, and how new ones are booted. Something in here must depend on the release.');
