import { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import * as ec2 from '@aws-sdk/client-ec2';
import * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, test } from 'vitest';
import { operationSchema } from '../../src/sandbox/api/schemas.ts';
import { xmlMembers } from '../../src/sandbox/api/xml.ts';

/** The output of the SDK's serializer, without the root. */
function reference(schema: Parameters<typeof xmlMembers>[0], output: object): string {
  const timestampFormat = { useTrait: true, default: 5 } as const;
  const serializer = new XmlShapeSerializer({
    xmlNamespace: '',
    serviceNamespace: '',
    timestampFormat,
    httpBindings: false,
  });
  serializer.write(schema, output);
  const xml = String(serializer.flush());
  const end = xml.lastIndexOf('</');
  return end === -1 ? '' : xml.slice(xml.indexOf('>') + 1, end);
}

/** An empty element has two equivalent forms. */
function plain(xml: string): string {
  return xml.replaceAll(/<(\w+)\s*\/>/g, '<$1></$1>').replaceAll('&apos;', "'");
}

const instance: ec2.Instance = {
  InstanceId: 'i-1',
  LaunchTime: new Date(1_800_000_000_000),
  EbsOptimized: false,
  State: { Code: 16, Name: 'running' },
  Tags: [
    { Key: 'a <b> & "c"', Value: '' },
    { Key: 'ü', Value: "it's" },
  ],
  BlockDeviceMappings: [],
};

describe('XML is written as the SDK writes it', () => {
  test.each([
    [
      ec2,
      'DescribeInstances',
      { Reservations: [{ ReservationId: 'r-1', Instances: [instance, instance], Groups: [] }], NextToken: 'x' },
    ],
    [ec2, 'RunInstances', { Instances: [instance], OwnerId: '1' }],
    [
      ec2,
      'DescribeLaunchTemplateVersions',
      { LaunchTemplateVersions: [{ LaunchTemplateData: { SecurityGroupIds: ['sg-1'], UserData: 'eA==' } }] },
    ],
    [
      ec2,
      'DescribeInstanceAttribute',
      { InstanceId: 'i-1', UserData: { Value: 'eA==' }, Groups: [{ GroupId: 'sg-1' }] },
    ],
    [ec2, 'DescribeVpcs', { Vpcs: undefined }],
    [
      elbv2,
      'DescribeTargetHealth',
      { TargetHealthDescriptions: [{ Target: { Id: 'i-1', Port: 80 }, TargetHealth: { State: 'healthy' } }] },
    ],
    [elbv2, 'RegisterTargets', {}],
  ])('$1', (client, name, output) => {
    const { output: schema } = operationSchema(client, name)!;
    expect(plain(xmlMembers(schema, output))).toBe(plain(reference(schema, output)));
  });
});
