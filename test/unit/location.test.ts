import { expect, test } from 'vitest';
import { locationOf, locationOfArn, locationText } from '../../src/domain/location.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import { openSession } from '../support/aws.ts';

const ARN = 'arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:targetgroup/shop/73e2d6bc24d8a067';

test('an ARN says account and region, in any partition', () => {
  expect(locationOfArn(ARN)).toEqual({ account: '123456789012', region: 'cn-north-1' });
  expect(locationOfArn('arn:shop')).toBeUndefined();
});

test('the first pool whose ARN says it; what is not AWS is named', () => {
  const pools = [{ arn: 'arn:shop' }, { arn: ARN }] as unknown as Snapshot['pools'];
  const endpoint = 'http://127.0.0.1:4566';
  expect(locationText(locationOf({ pools }, endpoint)!)).toBe(
    'account 123456789012, cn-north-1, endpoint http://127.0.0.1:4566, not AWS',
  );
  expect(locationText(locationOf({ pools })!)).toBe('account 123456789012, cn-north-1');
});

test.each([
  ['https://elasticloadbalancing.eu-west-1.amazonaws.com', undefined],
  ['https://elasticloadbalancing.cn-north-1.amazonaws.com.cn', undefined],
  ['https://vpce-0a-1b.elasticloadbalancing.eu-west-1.vpce.amazonaws.com', undefined],
  ['https://amazonaws.com.example.com', 'https://amazonaws.com.example.com'],
  ['http://127.0.0.1:1', 'http://127.0.0.1:1'],
])('%s', async (endpoint, foreign) => {
  const session = openSession(endpoint, {
    maxAttempts: 1,
    beforeChange: async () => Promise.reject(new Error('not to be sent')),
  });
  await new Elbv2(session).register('arn', [{ Id: 'i-1' }]).catch(() => {});
  expect(session.connection.endpoint).toBe(foreign);
});
