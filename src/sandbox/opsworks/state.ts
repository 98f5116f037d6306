import type {
  App,
  Command,
  CreateInstanceRequest,
  Deployment,
  Layer as LayerShape,
  LoadBasedAutoScalingConfiguration,
  ServiceError,
  Stack,
} from '@aws-sdk/client-opsworks';
import type { Clock } from '../../clock.ts';
import type { EmulatedEc2 } from '../ec2/index.ts';
import type { Instances } from '../instances/index.ts';
import type { Scheduler } from '../scheduler.ts';
import type { LifecycleTimes, SandboxTimes } from '../service.ts';
import { createTimeline, type Timeline } from '../timeline.ts';
import type { LifecycleFaults } from '../lifecycle-faults.ts';
import { opsWorksNotFound } from './errors.ts';
import type { TagMap } from '../ec2/tags.ts';

/** The statuses of an instance (OpsWorks API, Instance). */
export type OpsInstanceStatus =
  | 'stopped'
  | 'requested'
  | 'pending'
  | 'booting'
  | 'running_setup'
  | 'online'
  | 'rebooting'
  | 'start_failed'
  | 'setup_failed'
  | 'connection_lost'
  | 'stopping'
  | 'terminating'
  | 'shutting_down'
  | 'terminated'
  | 'stop_failed';

/** A layer with its passwords, which DescribeLayers does not return. */
export type OpsLayer = LayerShape & { readonly LayerId: string; readonly StackId: string; readonly Arn: string };

/** An instance: its settings, its status, and the id of its EC2 instance. */
export interface OpsInstance {
  readonly id: string;
  readonly settings: CreateInstanceRequest & { readonly StackId: string };
  readonly status: OpsInstanceStatus;
  readonly createdAt: string;
  readonly ec2?: string | undefined;
}

export interface OpsWorksOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly ec2: EmulatedEc2;
  readonly instances: Instances;
  readonly region: string;
  readonly times: Pick<SandboxTimes, 'bootMs'> & LifecycleTimes;
  /** Faults of starts, setups, commands and shutdowns. */
  readonly outcomes: LifecycleFaults;
}

/** The state of OpsWorks. */
export interface OpsWorksState extends OpsWorksOptions {
  readonly stacks: Map<string, Stack & { readonly StackId: string; readonly Arn: string }>;
  readonly layers: Timeline<OpsLayer>;
  readonly instancesById: Timeline<OpsInstance>;
  readonly apps: Map<string, App & { readonly AppId: string; readonly StackId: string }>;
  readonly deployments: Timeline<Deployment & { readonly DeploymentId: string }>;
  readonly commands: Timeline<Command & { readonly CommandId: string }>;
  readonly scaling: Map<string, LoadBasedAutoScalingConfiguration>;
  readonly serviceErrors: ServiceError[];
  /** Tags by ARN. */
  readonly tags: Timeline<TagMap>;
  /** Logs by command id. */
  readonly logs: Map<string, string>;
  /** URL of the endpoint, which serves the logs; empty until the endpoint listens. */
  endpoint: string;
}

export function createOpsWorksState(options: OpsWorksOptions): OpsWorksState {
  const { clock } = options;
  return {
    ...options,
    stacks: new Map(),
    layers: createTimeline(clock),
    instancesById: createTimeline(clock),
    apps: new Map(),
    deployments: createTimeline(clock),
    commands: createTimeline(clock),
    scaling: new Map(),
    serviceErrors: [],
    tags: createTimeline(clock),
    logs: new Map(),
    endpoint: '',
  };
}

/** For example, `2013-07-25T18:57:47+00:00`. */
function textOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, '+00:00');
}

export function timestamp({ clock }: OpsWorksState): string {
  return textOf(clock.now());
}

export function stackOf(state: OpsWorksState, id = ''): Stack & { readonly StackId: string; readonly Arn: string } {
  const stack = state.stacks.get(id);
  if (stack === undefined) throw opsWorksNotFound('stack', id);
  return stack;
}

export function layerOf(state: OpsWorksState, id = ''): OpsLayer {
  const layer = state.layers.get(id);
  if (layer === undefined) throw opsWorksNotFound('layer', id);
  return layer;
}

export function instanceOf(state: OpsWorksState, id = ''): OpsInstance {
  const instance = state.instancesById.get(id);
  if (instance === undefined) throw opsWorksNotFound('instance', id);
  return instance;
}

/** The instances of a layer now. */
export function instancesIn(state: OpsWorksState, layer: string): readonly OpsInstance[] {
  return state.instancesById.values().filter(({ settings }) => settings.LayerIds?.includes(layer));
}
