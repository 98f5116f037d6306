import { randomUUID } from 'node:crypto';
import type {
  CloneStackRequest,
  CreateStackRequest,
  DeleteStackRequest,
  DescribeStacksRequest,
  Stack,
  UpdateStackRequest,
} from '@aws-sdk/client-opsworks';
import { ACCOUNT } from '../ec2/state.ts';
import { copyApp } from './apps.ts';
import { checkedJson } from './custom-json.ts';
import { validationException } from './errors.ts';
import { addLayer } from './layers.ts';
import { timestamp, stackOf, type OpsWorksState } from './state.ts';

/** Defaults of a stack (OpsWorks API, CreateStack). */
const DEFAULTS: Partial<Stack> = {
  ConfigurationManager: { Name: 'Chef', Version: '11.10' },
  DefaultOs: 'Amazon Linux 2018.03',
  DefaultRootDeviceType: 'ebs',
  HostnameTheme: 'Layer_Dependent',
  UseCustomCookbooks: false,
  UseOpsworksSecurityGroups: true,
};

function addStack(state: OpsWorksState, input: Partial<Stack>): { StackId: string } {
  checkedJson(input.CustomJson);
  const { ec2, region } = state;
  const [subnet] = ec2.network.subnets;
  const StackId = randomUUID();
  const Arn = `arn:aws:opsworks:${region}:${ACCOUNT}:stack/${StackId}/`;
  const place = {
    VpcId: ec2.network.vpc,
    DefaultSubnetId: subnet?.id,
    DefaultAvailabilityZone: subnet?.zone,
    Region: region,
  };
  state.stacks.set(StackId, { ...DEFAULTS, ...place, ...input, StackId, Arn, CreatedAt: timestamp(state) });
  return { StackId };
}

export function createStack(state: OpsWorksState, input: CreateStackRequest): object {
  return addStack(state, input);
}

export function describeStacks(state: OpsWorksState, { StackIds }: DescribeStacksRequest): object {
  if (StackIds === undefined) return { Stacks: [...state.stacks.values()] };
  return { Stacks: StackIds.map((id) => stackOf(state, id)) };
}

export function updateStack(state: OpsWorksState, { StackId, ...change }: UpdateStackRequest): object {
  const stack = stackOf(state, StackId);
  checkedJson(change.CustomJson);
  state.stacks.set(stack.StackId, { ...stack, ...(change as object) });
  return {};
}

/** "You must first delete all instances, layers, and apps" (OpsWorks API, DeleteStack). */
export function deleteStack(state: OpsWorksState, { StackId }: DeleteStackRequest): object {
  const { StackId: id } = stackOf(state, StackId);
  const left = [
    ...state.layers.values().filter((layer) => layer.StackId === id),
    ...state.instancesById.values().filter(({ settings }) => settings.StackId === id),
    ...[...state.apps.values()].filter((app) => app.StackId === id),
  ];
  if (left.length > 0) throw validationException('Please delete all instances, layers and apps of the stack first');
  state.stacks.delete(id);
  return {};
}

/** Clones the layers and the given apps, but no instances (OpsWorks API, CloneStack). */
export function cloneStack(state: OpsWorksState, input: CloneStackRequest): object {
  const { SourceStackId, CloneAppIds, ClonePermissions: _permissions, ...change } = input;
  const source = stackOf(state, SourceStackId);
  if (change.Region !== undefined && change.Region !== state.region)
    throw validationException('A stack can be cloned in its own region only');
  const { StackId } = addStack(state, { ...source, ...(change as Partial<Stack>) });
  for (const layer of state.layers.values().filter((one) => one.StackId === source.StackId))
    addLayer(state, { ...layer, StackId });
  for (const id of CloneAppIds ?? []) copyApp(state, id, StackId);
  return { StackId };
}
