import type { AutoScalingGroup } from '../../aws/autoscaling.ts';
import type { ImageConfig } from '../../config/config.ts';
import { defined } from '../../domain/defined.ts';
import { OperatorError } from '../../errors.ts';
import { fromImage } from '../ec2/image.ts';
import { typeOverridesOf, typesOf, type AutoScalingDeps } from './groups.ts';
import type { GroupRequest } from './request.ts';

/** What a release boots from, and what describes it. */
interface GroupImages {
  readonly request: Pick<GroupRequest, 'image' | 'images'>;
  readonly summary: readonly string[];
}

/**
 * The image of a release; where types of a mixed instances policy have images of their own, one of the release for each
 * architecture: that of the image which they have now.
 * @throws OperatorError where an image does not exist, or which one is meant would be a guess
 */
export async function imagesFor(
  deps: AutoScalingDeps,
  group: AutoScalingGroup,
  { template, release }: { readonly template: GroupRequest['template']; readonly release: string },
): Promise<GroupImages> {
  const { config, ec2, ssm } = deps;
  const own = Map.groupBy(typeOverridesOf(group), ({ ImageId }) => ImageId);
  const isAll = !own.delete(undefined);
  if (own.size === 0) {
    const image = config.image && (await fromImage(ec2, ssm, config.image, release));
    return { request: defined({ image: image?.run.ImageId }), summary: image?.summary ?? [] };
  }
  const wanted = imageOfEach(group, config.image);
  const architectures = await Promise.all(
    [...own].map(async ([id = '', overrides]) => ({ id, overrides, architecture: await architectureOf(deps, id) })),
  );
  const unknown = architectures.find(({ architecture }) => architecture === undefined);
  if (unknown !== undefined) throw noArchitecture(typesOf(unknown.overrides), unknown.id);
  const main = (await templateArchitecture(deps, template)) ?? (isAll ? architectures[0]?.architecture : undefined);
  if (main === undefined) throw noArchitecture('the other types', `${template.id} version ${template.version}`);
  const chosen = await fromImage(ec2, ssm, wanted, release, main);
  const others = await Promise.all(
    architectures.map(async ({ id, overrides, architecture }) => {
      const { run, summary } = await fromImage(ec2, ssm, wanted, release, architecture);
      return { id, to: run.ImageId ?? '', summary: summary.map((text) => `${text} for ${typesOf(overrides)}`) };
    }),
  );
  return {
    request: {
      ...defined({ image: chosen.run.ImageId }),
      images: Object.fromEntries(others.map(({ id, to }) => [id, to])),
    },
    summary: [...chosen.summary, ...others.flatMap(({ summary }) => summary)],
  };
}

/** The image's part of the config, where it can name one for each architecture. */
function imageOfEach(group: AutoScalingGroup, image: ImageConfig | undefined): ImageConfig {
  if (image !== undefined && image.parameter === undefined) return image;
  const differing = typeOverridesOf(group).filter(({ ImageId }) => ImageId !== undefined);
  throw new OperatorError(
    'own-image',
    `${group.AutoScalingGroupName} launches ${typesOf(differing)} from an image of its own, and ${image === undefined ? 'the config names no image' : 'a parameter names one image alone'}: the new release would not be used there.`,
    {
      next: [
        "Name the images by what those of each architecture have in common, under `fleet.image` in the config: `image: { name: 'shop-{release}-*' }` or `image: { tag: { Release: '{release}' } }`.",
        'Or remove ImageId from the overrides of its mixed instances policy.',
      ],
    },
  );
}

async function architectureOf({ ec2 }: AutoScalingDeps, image: string): Promise<string | undefined> {
  return (await ec2.image(image))?.Architecture;
}

/** Undefined where it names no image, or one by a parameter. */
async function templateArchitecture(
  deps: AutoScalingDeps,
  { id, version }: GroupRequest['template'],
): Promise<string | undefined> {
  const [found] = await deps.ec2.launchTemplateVersions(id, [version]);
  const image = found?.LaunchTemplateData?.ImageId;
  return image === undefined ? undefined : architectureOf(deps, image);
}

function noArchitecture(types: string, source: string): OperatorError {
  return new OperatorError(
    'own-image',
    `${types} launch from ${source} now, which names no image that can be read: the architecture of the next one is not known.`,
    { next: ['Give it an image that exists in this region; then run this again.'] },
  );
}
