import { expect, test } from 'vitest';
import { seen, toInstance } from '../../src/fleets/ec2/tags.ts';
import { OWNER } from '../support/worlds.ts';

test('an instance has all the addresses by which a target group may know it', () => {
  const described = {
    InstanceId: 'i-1',
    PrivateIpAddress: '10.0.0.1',
    NetworkInterfaces: [
      { PrivateIpAddresses: [{ PrivateIpAddress: '10.0.0.1' }, { PrivateIpAddress: '10.0.0.2' }] },
      { PrivateIpAddresses: [{ PrivateIpAddress: '10.0.1.1' }], Ipv6Addresses: [{ Ipv6Address: '2001:db8::1' }] },
    ],
  };
  const { address, otherAddresses } = toInstance(OWNER, seen(described));
  expect([address, otherAddresses]).toEqual(['10.0.0.1', ['10.0.0.2', '10.0.1.1', '2001:db8::1']]);
  expect(toInstance(OWNER, seen(described))).not.toHaveProperty('elasticIps');
  const [first] = described.NetworkInterfaces;
  const plain = { ...described, NetworkInterfaces: [{ PrivateIpAddresses: first!.PrivateIpAddresses.slice(0, 1) }] };
  expect(toInstance(OWNER, seen(plain))).not.toHaveProperty('otherAddresses');
});

test.each([
  ['amazon', undefined],
  ['123456789012', ['203.0.113.7']],
])('a public address of the owner %s', (IpOwnerId, elastic) => {
  const NetworkInterfaces = [{ Association: { IpOwnerId, PublicIp: '203.0.113.7' } }];
  expect(toInstance(OWNER, seen({ InstanceId: 'i-1', NetworkInterfaces })).elasticIps).toEqual(elastic);
});
