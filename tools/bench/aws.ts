import {
  CreateTagsCommand,
  DeleteTagsCommand,
  EC2Client,
  paginateDescribeInstances,
  type Instance,
} from '@aws-sdk/client-ec2';
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  type TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';

/** Targets per request, as in `src/aws`. */
const TARGETS_A_CALL = 100;
const TAGGED_A_CALL = 1000;

/** The SDK with batches. */
export class Aws {
  readonly #ec2: EC2Client;
  readonly #elb: ElasticLoadBalancingV2Client;
  readonly #port: number;

  /** @param port on which all instances are registered */
  constructor(env: NodeJS.ProcessEnv, port: number) {
    const options = {
      endpoint: env['AWS_ENDPOINT_URL']!,
      region: env['AWS_REGION']!,
      credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    };
    this.#ec2 = new EC2Client(options);
    this.#elb = new ElasticLoadBalancingV2Client(options);
    this.#port = port;
  }

  /** ARNs by name. */
  async groups(): Promise<Readonly<Record<string, string>>> {
    const { TargetGroups } = await this.#elb.send(new DescribeTargetGroupsCommand({}));
    return Object.fromEntries(TargetGroups!.map((group) => [group.TargetGroupName!, group.TargetGroupArn!]));
  }

  async health(arn: string): Promise<readonly TargetHealthDescription[]> {
    const { TargetHealthDescriptions } = await this.#elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: arn }));
    return TargetHealthDescriptions!;
  }

  /** Whether all of these instances are healthy in the group. */
  async allHealthy(arn: string, ids: ReadonlySet<string>): Promise<boolean> {
    const healthy = (await this.health(arn)).filter(({ TargetHealth }) => TargetHealth!.State === 'healthy');
    return healthy.filter(({ Target }) => ids.has(Target!.Id!)).length === ids.size;
  }

  /** All instances with the tag. */
  async tagged(key: string): Promise<readonly Instance[]> {
    const found: Instance[] = [];
    const input = { Filters: [{ Name: 'tag-key', Values: [key] }] };
    for await (const page of paginateDescribeInstances({ client: this.#ec2, pageSize: 1000 }, input))
      found.push(...page.Reservations!.flatMap((reservation) => reservation.Instances!));
    return found;
  }

  async tag(ids: readonly string[], key: string, value: string): Promise<void> {
    await inBatches(ids, TAGGED_A_CALL, async (Resources) =>
      this.#ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: key, Value: value }] })),
    );
  }

  async untag(ids: readonly string[], key: string): Promise<void> {
    await inBatches(ids, TAGGED_A_CALL, async (Resources) =>
      this.#ec2.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: key }] })),
    );
  }

  async register(arn: string, ids: readonly string[]): Promise<void> {
    await inBatches(ids, TARGETS_A_CALL, async (batch) =>
      this.#elb.send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets: this.#targets(batch) })),
    );
  }

  async deregister(arn: string, ids: readonly string[]): Promise<void> {
    await inBatches(ids, TARGETS_A_CALL, async (batch) =>
      this.#elb.send(new DeregisterTargetsCommand({ TargetGroupArn: arn, Targets: this.#targets(batch) })),
    );
  }

  #targets(ids: readonly string[]): { Id: string; Port: number }[] {
    return ids.map((Id) => ({ Id, Port: this.#port }));
  }
}

/** Sends all batches concurrently. */
async function inBatches(
  ids: readonly string[],
  size: number,
  send: (ids: string[]) => Promise<unknown>,
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(ids.length / size) }, (_, i) => ids.slice(i * size, (i + 1) * size));
  await Promise.all(batches.map(send));
}
