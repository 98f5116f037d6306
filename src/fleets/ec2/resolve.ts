import { allEnded } from '../../all-ended.ts';
import type { Instance as Ec2Instance } from '../../aws/ec2.ts';
import { defined } from '../../domain/defined.ts';
import type { LaunchSpec } from '../../domain/goal.ts';
import type { Fleet } from '../../domain/snapshot.ts';
import { total } from '../../domain/minimum-healthy.ts';
import { count, list, sentences } from '../../domain/text.ts';
import { OperatorError } from '../../errors.ts';
import type { LaunchRequest } from '../fleet.ts';
import { cloneOf } from './clone.ts';
import { fromImage } from './image.ts';
import { tagsFor, type Ec2FleetOptions, type PartialRequest } from './request.ts';
import { notCloned } from '../mixed.ts';
import { fromTemplate } from './template.ts';
import { currentUserData, hashOf } from './user-data.ts';
import { compareVcpus, typesLike } from './vcpus.ts';

/**
 * Resolves a release to one exact RunInstances request: image id, template version number, subnets. Changes nothing.
 * @throws OperatorError when the image, template version or parameter of this release does not exist
 */
export async function resolveEc2Launch(options: Ec2FleetOptions, request: LaunchRequest): Promise<LaunchSpec> {
  const { ec2, config } = options;
  const { image: wanted, launchTemplate } = config;
  const [serving, image, template] = await allEnded([
    servingInstances(options, request),
    wanted && fromImage(ec2, options.ssm, wanted, request.release),
    launchTemplate && fromTemplate(options, launchTemplate, request.release),
  ]);
  const base = template ?? (await cloneOf(options, serving, request, image));
  checkTagRoom(base);
  const script = config.userData;
  const userData = script === undefined ? base.userData : 'config';
  const zones = Map.groupBy(serving, ({ Placement }) => Placement?.AvailabilityZone);
  const subnetOf = (zone: string): string => zones.get(zone)?.[0]?.SubnetId ?? '';
  const [pinned, vcpus] = await allEnded([
    currentUserData(options, defined({ userData }), request.release),
    compareVcpus(options, typesLike(base.machine, total(request.zones))),
  ]);
  return {
    kind: 'ec2',
    summary: sentences(
      ...base.summary,
      ...(image?.summary ?? []),
      ...(launchTemplate ? otherTypes(request.blue) : []),
      ...otherSubnets(request.blue, zones),
      script !== undefined && `user data of the config, ${linesIn(script)}${replaced(await base.replaces())}`,
      vcpus,
    ),
    batches: Object.entries(request.zones).map(([zone, n]) => ({ zone, count: n, subnet: subnetOf(zone) })),
    request: { run: { ...base.run, ...image?.run }, ...defined({ userData, userDataHash: pinned && hashOf(pinned) }) },
  };
}

function linesIn(script: string): string {
  return count(script.trimEnd().split('\n').length, 'line');
}

function replaced({ data, of }: Awaited<ReturnType<PartialRequest['replaces']>>): string {
  if (data === undefined || data === '') return '';
  return `: it replaces that of ${of}, ${linesIn(Buffer.from(data, 'base64').toString())}`;
}

/** Tags of one resource, without AWS's own (EC2 user guide, tag restrictions); and how many a fleet gets from us in its life. */
const TAGS_MAX = 50;
const OURS = 8;

function checkTagRoom({ run, summary }: PartialRequest): void {
  const own = tagsFor(run, 'instance');
  if (own.length + OURS <= TAGS_MAX) return;
  throw new OperatorError(
    'too-many-tags',
    `The new servers would get ${own.length} tags of your own (${summary.join('; ')}), and turnout needs ${OURS} of the ${TAGS_MAX} that AWS allows.`,
    { next: [`Use ${own.length + OURS - TAGS_MAX} fewer tags there; then run this again.`] },
  );
}

/** The running instances of blue in these zones, the one to clone first: sources of subnets and of clones. */
async function servingInstances(
  { ec2, config }: Ec2FleetOptions,
  { blue, zones, cloneFrom }: LaunchRequest,
): Promise<readonly Ec2Instance[]> {
  const running = blue.instances.filter(({ state, zone }) => state === 'running' && zone in zones).map(({ id }) => id);
  if (cloneFrom !== undefined) checkCloned(blue, cloneFrom, config.launchTemplate !== undefined);
  const wanted = cloneFrom === undefined ? running : [cloneFrom, ...running.filter((id) => id !== cloneFrom)];
  const found = await ec2.instancesById(wanted, (instance) => instance);
  const known = new Set(found.map(({ Placement }) => Placement?.AvailabilityZone));
  if (Object.keys(zones).every((zone) => known.has(zone)))
    return found.toSorted((a, b) => wanted.indexOf(a.InstanceId ?? '') - wanted.indexOf(b.InstanceId ?? ''));
  throw new OperatorError(
    'no-sample',
    `Not every zone of ${blue.release} has a running instance to take the subnet from.`,
    { next: ['Check `turnout status`, and run this again when production is complete.'] },
  );
}

function checkCloned(blue: Fleet, id: string, hasTemplate: boolean): void {
  if (!blue.instances.some((one) => one.id === id && one.state === 'running')) throw notCloned(id, blue.release);
  if (!hasTemplate) return;
  throw new OperatorError(
    'not-cloned',
    'The config has a launch template: new servers are as it says, and no clones.',
    {
      next: ['Leave out --clone-from.'],
    },
  );
}

/** A template has one type, and what production has beside it may be on purpose. */
function otherTypes({ release, instances }: Fleet): readonly string[] {
  const running = instances.filter(({ state }) => state === 'running');
  const types = [...Map.groupBy(running, ({ type }) => type)].map(([type, all]) => `${type ?? '?'} (${all.length})`);
  return types.length < 2
    ? []
    : [`${release} has servers of ${list(types)}; the new ones are all as the template says`];
}

/** New servers of a zone are in one subnet. */
function otherSubnets({ release }: Fleet, zones: Map<string | undefined, Ec2Instance[]>): readonly string[] {
  return [...zones].flatMap(([zone, all]) => {
    const subnets = [...new Set(all.map(({ SubnetId }) => SubnetId ?? ''))];
    return subnets.length < 2
      ? []
      : [`in ${zone}, ${release} is in ${list(subnets)}; the new servers are all in ${subnets[0]}`];
  });
}
