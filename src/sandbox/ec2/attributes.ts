import type {
  DescribeInstanceAttributeRequest,
  DescribeInstanceCreditSpecificationsRequest,
  DescribeInstanceCreditSpecificationsResult,
  InstanceAttribute,
  ModifyInstanceAttributeRequest,
} from '@aws-sdk/client-ec2';
import type { Call } from '../service.ts';
import { ec2Error } from './errors.ts';
import { recordsOf } from './lifecycle.ts';
import type { Ec2State, InstanceRecord } from './state.ts';
import { typeFacts } from './types.ts';
import { ownValue } from '../records.ts';

type AttributeReader = (record: InstanceRecord) => Partial<InstanceAttribute>;

const ATTRIBUTES: Readonly<Record<string, AttributeReader>> = {
  disableApiStop: (record) => ({ DisableApiStop: { Value: record.request.DisableApiStop ?? false } }),
  disableApiTermination: (record) => ({ DisableApiTermination: { Value: record.protected } }),
  groupSet: (record) => ({ Groups: record.groups.map((GroupId) => ({ GroupId })) }),
  instanceInitiatedShutdownBehavior: ({ request }) => ({
    InstanceInitiatedShutdownBehavior: { Value: request.InstanceInitiatedShutdownBehavior ?? 'stop' },
  }),
  instanceType: (record) => ({ InstanceType: { Value: record.type } }),
  rootDeviceName: () => ({ RootDeviceName: { Value: '/dev/xvda' } }),
  userData: (record) => ({ UserData: record.userData === undefined ? {} : { Value: record.userData } }),
};

export function describeInstanceAttribute(
  state: Ec2State,
  input: DescribeInstanceAttributeRequest,
  call?: Call,
): InstanceAttribute {
  const [record] = recordsOf(state, input.InstanceId ? [input.InstanceId] : [], call?.lagMs);
  const name = input.Attribute ?? '';
  const read = ownValue(ATTRIBUTES, name);
  if (!read) throw ec2Error.invalid(`Value (${name}) for parameter attribute is invalid. Unknown attribute.`);
  return { InstanceId: record!.id, ...read(record!) };
}

/** Changes protection at any time, but type and user data of stopped instances only (EC2 API, ModifyInstanceAttribute). */
export function modifyInstanceAttribute(state: Ec2State, input: ModifyInstanceAttributeRequest): object {
  const [record] = recordsOf(state, input.InstanceId ? [input.InstanceId] : []);
  const change = changeOf(input);
  const needsStop = change.type !== undefined || change.userData !== undefined;
  if (needsStop && record!.machine.state !== 'stopped')
    throw ec2Error.state(`The instance '${record!.id}' is not in the 'stopped' state.`);
  state.records.set(record!.id, { ...record!, ...change });
  return {};
}

type Change = Partial<Pick<InstanceRecord, 'protected' | 'type' | 'userData'>>;

function changeOf(input: ModifyInstanceAttributeRequest): Change {
  const { Attribute: name, Value: value, DisableApiTermination, InstanceType, UserData } = input;
  if (DisableApiTermination?.Value !== undefined) return { protected: DisableApiTermination.Value };
  if (InstanceType?.Value !== undefined) return { type: InstanceType.Value };
  if (UserData?.Value !== undefined) return { userData: Buffer.from(UserData.Value).toString('base64') };
  if (name === 'disableApiTermination' && value !== undefined) return { protected: value === 'true' };
  if (name === 'instanceType' && value !== undefined) return { type: value };
  if (name === 'userData' && value !== undefined) return { userData: value };
  throw ec2Error.combination('No attribute is specified that the sandbox supports.');
}

/** Of burstable instances only (EC2 API, DescribeInstanceCreditSpecifications). */
export function describeCreditSpecifications(
  state: Ec2State,
  { InstanceIds: ids }: DescribeInstanceCreditSpecificationsRequest,
  call?: Call,
): DescribeInstanceCreditSpecificationsResult {
  const shown = recordsOf(state, ids, call?.lagMs).map(({ id, type, request }) => {
    if (!typeFacts(type).isBurstable)
      throw ec2Error.invalid(`The instance ${id} of type ${type} does not have CPU credits.`);
    return {
      InstanceId: id,
      CpuCredits: request.CreditSpecification?.CpuCredits ?? (type.startsWith('t2') ? 'standard' : 'unlimited'),
    };
  });
  return { InstanceCreditSpecifications: shown };
}
