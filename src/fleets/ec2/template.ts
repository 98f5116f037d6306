import type { Ec2, LaunchTemplateVersion } from '../../aws/ec2.ts';
import type { LaunchTemplateConfig } from '../../config/config.ts';
import { fillRelease } from '../../config/release.ts';
import { sentences } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';
import { notOurs, type Ec2FleetOptions, type PartialRequest } from './request.ts';

/** @throws OperatorError when the template or its version for this release does not exist */
export async function fromTemplate(
  { ec2, owner }: Ec2FleetOptions,
  template: LaunchTemplateConfig,
  release: string,
): Promise<PartialRequest> {
  const id = template.id ?? (await ec2.launchTemplateId(template.name as string));
  const version = await templateVersion(ec2, id, template, release);
  const number = String(version.VersionNumber);
  const given = version.LaunchTemplateData ?? {};
  const { NetworkInterfaces: interfaces, TagSpecifications: specs, UserData: data } = given;
  return {
    run: {
      LaunchTemplate: { LaunchTemplateId: id, Version: number },
      // SubnetId and NetworkInterfaces exclude each other (EC2 API, RunInstances): with interfaces, the first one gets the subnet.
      ...(interfaces === undefined || interfaces.length === 0 ? {} : { NetworkInterfaces: interfaces }),
      // Parameters of a request replace those of the template (EC2 API, RunInstances), and ours has tags.
      ...(specs === undefined || specs.length === 0
        ? {}
        : { TagSpecifications: specs.map((spec) => notOurs(owner, spec)) }),
    },
    machine: version.LaunchTemplateData ?? {},
    replaces: async () => ({ data, of: 'the launch template' }),
    summary: sentences(
      `launch template ${template.name ?? id} version ${number} (${id}${version.VersionDescription ? `, ${version.VersionDescription}` : ''})`,
      given.InstanceType !== undefined && `type ${given.InstanceType}`,
      given.DisableApiTermination === true &&
        'termination protection: `turnout cleanup` cannot end these servers until it is turned off',
    ),
  };
}

export async function templateVersion(
  ec2: Ec2,
  id: string,
  template: LaunchTemplateConfig,
  release: string,
): Promise<LaunchTemplateVersion> {
  const description = template.versionDescription && fillRelease(template.versionDescription, release);
  const number = fillRelease(template.version ?? '$Default', release);
  const versions = await ec2.launchTemplateVersions(id, description === undefined ? [number] : []);
  const matching =
    description === undefined ? versions : versions.filter((version) => version.VersionDescription === description);
  const newest = matching.toSorted((a, b) => (b.VersionNumber ?? 0) - (a.VersionNumber ?? 0))[0];
  if (newest !== undefined) return newest;
  const what = description === undefined ? `version ${number}` : `version described as "${description}"`;
  throw new OperatorError('no-such-version', `Launch template ${template.name ?? id} has no ${what}.`, {
    next: ['Check the release, and that its build created the launch template version.'],
  });
}
