import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import type {
  CreateKeyPairRequest,
  DeleteKeyPairRequest,
  DescribeKeyPairsRequest,
  DescribeKeyPairsResult,
  KeyPair,
  RunInstancesRequest,
} from '@aws-sdk/client-ec2';
import type { InstanceProfile } from '@aws-sdk/client-iam';
import { ApiError } from '../service.ts';
import { ec2Error } from './errors.ts';
import { filtered } from './filters.ts';
import type { Ec2State } from './state.ts';

/** Key pairs and instance profiles: what an instance is reached with, and what it may do. */

const BITS = 2048;

export function createKeyPair(
  state: Ec2State,
  { KeyName: name = '', KeyType: type = 'rsa' }: CreateKeyPairRequest,
): KeyPair {
  if (type !== 'rsa') throw ec2Error.invalid(`turnout's sandbox does not implement key pairs of the type ${type}`);
  if (!/^[ -~]{1,255}$/.test(name)) throw ec2Error.invalid(`Invalid key name: '${name}'`);
  if (state.keyPairs.get(name)) throw new ApiError('InvalidKeyPair.Duplicate', `The keypair '${name}' already exists.`);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: BITS });
  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  const pair = {
    seq: state.nextSeq(),
    name,
    id: `key-0${randomBytes(8).toString('hex')}`,
    // Of keys that EC2 makes: SHA-1 of the private key in DER (EC2 user guide, "Verify the fingerprint of your key pair").
    fingerprint: createHash('sha1').update(der).digest('hex').match(/../g)!.join(':'),
    createdAt: state.now(),
  };
  state.keyPairs.set(name, pair);
  const KeyMaterial = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  return { KeyName: name, KeyPairId: pair.id, KeyFingerprint: pair.fingerprint, KeyMaterial };
}

/** Deleting one that does not exist succeeds (EC2 API, DeleteKeyPair). */
export function deleteKeyPair(state: Ec2State, { KeyName: name, KeyPairId: id }: DeleteKeyPairRequest): object {
  const found = state.keyPairs.values().find((pair) => pair.name === name || pair.id === id);
  if (found) state.keyPairs.set(found.name, undefined);
  return { Return: true, ...(found && { KeyPairId: found.id }) };
}

export function describeKeyPairs(state: Ec2State, input: DescribeKeyPairsRequest): DescribeKeyPairsResult {
  for (const name of input.KeyNames ?? []) checkKey(state, name);
  const named = state.keyPairs.values().filter(({ name }) => input.KeyNames?.includes(name) ?? true);
  const table = { 'key-name': ({ name }: { readonly name: string }) => name };
  return {
    KeyPairs: filtered(named, input.Filters, table).map(({ name, id, fingerprint, createdAt }) => {
      return { KeyName: name, KeyPairId: id, KeyFingerprint: fingerprint, KeyType: 'rsa', CreateTime: createdAt };
    }),
  };
}

/** Throws EC2's error unless there is a key pair of that name. */
export function checkKey(state: Ec2State, name: string | undefined): void {
  if (name === undefined || state.keyPairs.get(name)) return;
  throw new ApiError('InvalidKeyPair.NotFound', `The key pair '${name}' does not exist`);
}

/** The profile that a launch names; throws EC2's error if there is none. */
export function profileOf(
  state: Ec2State,
  { IamInstanceProfile: wanted }: Pick<RunInstancesRequest, 'IamInstanceProfile'>,
): InstanceProfile | undefined {
  if (wanted === undefined) return undefined;
  const { Arn: arn, Name: name } = wanted;
  const found = state.profiles.find((one) => (arn === undefined ? one.InstanceProfileName === name : one.Arn === arn));
  if (found) return found;
  const [parameter, noun] = arn === undefined ? ['name', 'name'] : ['arn', 'ARN'];
  throw ec2Error.invalid(
    `Value (${arn ?? name}) for parameter iamInstanceProfile.${parameter} is invalid. Invalid IAM Instance Profile ${noun}`,
  );
}
