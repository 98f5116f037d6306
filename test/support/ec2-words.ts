import * as ec2 from '@aws-sdk/client-ec2';
import { expect } from 'vitest';
import { eventually, type Cloud } from './cloud.ts';

/** Short words for what most tests of EC2 do; `cloud` gives the test's own. */
export function ec2Words(cloud: () => Cloud) {
  async function launch(input: Partial<ec2.RunInstancesCommandInput> = {}): Promise<ec2.Instance[]> {
    const command = new ec2.RunInstancesCommand({ ImageId: cloud().image, MinCount: 1, MaxCount: 1, ...input });
    return (await cloud().ec2.send(command)).Instances ?? [];
  }

  async function launchIds(input: Partial<ec2.RunInstancesCommandInput> = {}): Promise<string[]> {
    return (await launch(input)).map((instance) => instance.InstanceId!);
  }

  /** All pages of DescribeInstances. */
  async function find(input: ec2.DescribeInstancesCommandInput): Promise<ec2.Instance[]> {
    const found: ec2.Instance[] = [];
    for await (const page of ec2.paginateDescribeInstances({ client: cloud().ec2 }, input)) {
      found.push(...(page.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []));
    }
    return found;
  }

  const stateOf = (id: string) => cloud().instances.find(id)?.state;
  const untilState = (id: string, state: string) => eventually(`${id} ${state}`, () => stateOf(id) === state);
  return { launch, launchIds, find, stateOf, untilState };
}

/** One filter. */
export function where(Name: string, ...Values: string[]) {
  return { Filters: [{ Name, Values }] };
}

/** What an error must look like. */
export function fails(name: string, message?: RegExp) {
  return { name, ...(message && { message: expect.stringMatching(message) as string }) };
}
