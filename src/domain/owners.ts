/** Who made a resource, by its tags: what may replace it, or set it back, without anybody's asking. Pure. */

/** An environment, and the prefix of the tags that mark what belongs to it. */
export interface Ownership {
  readonly environment: string;
  /** `turnout` in `turnout:environment`. */
  readonly tagPrefix: string;
  /** The kind of owner that the fleets have themselves, and which is none beside turnout then. */
  readonly fleetsHave?: Owner['kind'];
}

/** `fights-back`: it replaces what is taken away from it. `environment`: another environment of turnout. */
export type Nature = 'fights-back' | 'environment' | 'template';

export interface Owner {
  readonly nature: Nature;
  /** `Auto Scaling group`. */
  readonly kind: string;
  readonly name: string;
}

interface Rule extends Omit<Owner, 'name'> {
  readonly key: RegExp;
  /** Where not every value says so. */
  readonly value?: RegExp;
}

/** Auto healing replaces what EC2 has terminated (OpsWorks user guide, "Using Auto Healing"). */
export const OPSWORKS_STACK = 'OpsWorks stack';

/** By AWS's reserved tags, and those that the controllers document. A name in the key (`(.+)`) is the owner's; else the value is. */
const RULES: readonly Rule[] = [
  { nature: 'fights-back', kind: 'Auto Scaling group', key: /^aws:autoscaling:groupName$/ },
  { nature: 'fights-back', kind: 'Elastic Beanstalk environment', key: /^(?:aws:)?elasticbeanstalk:environment-name$/ },
  { nature: 'fights-back', kind: 'EKS cluster', key: /^(?:aws:)?eks:(?:eks-)?cluster-name$/ },
  { nature: 'fights-back', kind: 'Kubernetes cluster', key: /^kubernetes\.io\/cluster\/(.+)$/ },
  { nature: 'fights-back', kind: 'Kubernetes cluster', key: /^elbv2\.k8s\.aws\/cluster$/ },
  { nature: 'fights-back', kind: 'Spot Fleet', key: /^aws:ec2spot:fleet-request-id$/ },
  { nature: 'fights-back', kind: 'EC2 Fleet', key: /^aws:ec2:fleet-id$/ },
  { nature: 'fights-back', kind: OPSWORKS_STACK, key: /^opsworks:stack$/ },
  { nature: 'fights-back', kind: 'EMR cluster', key: /^aws:elasticmapreduce:job-flow-id$/ },
  { nature: 'fights-back', kind: 'Elastigroup of Spot', key: /^spotinst:aws:ec2:group:id$/ },
  { nature: 'fights-back', kind: 'CodeDeploy deployment', key: /^aws:codedeploy:/ },
  { nature: 'template', kind: 'CloudFormation stack', key: /^aws:cloudformation:stack-name$/ },
  { nature: 'template', kind: 'Terraform configuration', key: /^terraform(?:[:/_-].*)?$/i },
  { nature: 'template', kind: 'configuration of', key: /^managed[-_ ]?by$/i, value: /terraform|opentofu|pulumi|cdk/i },
];

/** An Auto Scaling group that registers the instances that it launches with a target group. */
export function scalingGroup(name: string): Owner {
  return { nature: 'fights-back', kind: 'Auto Scaling group', name };
}

/** The owners that the tags name, each once; for our own environment's tags, none. */
export function ownersIn(
  tags: Readonly<Record<string, string>>,
  { environment, tagPrefix, fleetsHave }: Ownership,
): readonly Owner[] {
  const found = Object.entries(tags).flatMap(([key, value]) => {
    if (key === `${tagPrefix}:environment` && value !== environment)
      return [{ nature: 'environment' as const, kind: 'environment', name: value }];
    const rule = RULES.find((one) => one.key.test(key) && (one.value?.test(value) ?? true));
    if (rule === undefined) return [];
    const { nature, kind } = rule;
    if (kind === fleetsHave) return [];
    return [{ nature, kind, name: rule.key.exec(key)?.[1] ?? value }];
  });
  return eachOnce(found);
}

function eachOnce(owners: readonly Owner[]): readonly Owner[] {
  return [...new Map(owners.map((one) => [`${one.kind} ${one.name}`, one])).values()];
}

/** The same, with owners beside those that it has. */
export function withOwners<T extends { readonly owners?: readonly Owner[] }>(thing: T, more: readonly Owner[]): T {
  return more.length === 0 ? thing : { ...thing, owners: eachOnce([...(thing.owners ?? []), ...more]) };
}
