import { CLONE_MAKES } from '../../aws/grants-fleet.ts';
import { OperatorError } from '../../errors.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { FleetPort } from '../../fleets/fleet.ts';
import type { Plan } from '../../plan/plan.ts';
import { behaviourOf } from '../../steps/index.ts';
import type { DeploysPort, Ports } from '../../steps/ports.ts';
import type { PreviewPort } from '../../traffic/preview.ts';
import type { TrafficPort } from '../../traffic/traffic.ts';

/** What plans need of IAM: a verb whose plan needs an action that was just denied would stop where the last one did. */

type FleetChange = Exclude<keyof FleetPort, 'kind' | 'count' | 'read' | 'readFleets' | 'resolve' | 'carries'>;
type TrafficChange = Extract<keyof TrafficPort, 'setWeights' | 'setTtls' | 'register' | 'deregister'>;
type PreviewChange = Extract<keyof PreviewPort, 'createRule' | 'deleteRules'>;
type DeployChange = Extract<keyof DeploysPort, 'start'>;

const RESIZE = 'autoscaling:UpdateAutoScalingGroup';
const TAG = [
  'ec2:CreateTags',
  'ec2:DeleteTags',
  'opsworks:TagResource',
  'autoscaling:CreateOrUpdateTags',
  'autoscaling:DeleteTags',
];
const MOVE = [
  'elasticloadbalancing:ModifyRule',
  'elasticloadbalancing:ModifyListener',
  'route53:ChangeResourceRecordSets',
];

/** The actions by which each change of a port is made, of every kind of adapter. */
const ACTIONS: Readonly<Record<FleetChange | TrafficChange | PreviewChange | DeployChange, readonly string[]>> = {
  launch: [
    'ec2:RunInstances',
    'ec2:CreateTags',
    'iam:PassRole',
    'ec2:CreateLaunchTemplateVersion',
    'autoscaling:CreateOrUpdateTags',
    RESIZE,
    ...CLONE_MAKES,
    ...['CreateLayer', 'CreateInstance', 'StartInstance', 'SetLoadBasedAutoScaling'].map((name) => `opsworks:${name}`),
  ],
  claim: TAG,
  mark: TAG,
  note: TAG,
  resize: [RESIZE, 'autoscaling:CreateOrUpdateTags', 'autoscaling:DeleteTags'],
  attach: ['autoscaling:AttachTrafficSources'],
  detach: ['autoscaling:DetachTrafficSources'],
  prepare: [RESIZE, 'autoscaling:CreateOrUpdateTags', 'autoscaling:SuspendProcesses'],
  restore: [RESIZE, 'autoscaling:ExitStandby', 'autoscaling:DeleteTags', 'autoscaling:ResumeProcesses'],
  startRefresh: [
    'autoscaling:StartInstanceRefresh',
    'autoscaling:RollbackInstanceRefresh',
    'autoscaling:CreateOrUpdateTags',
    'ec2:CreateLaunchTemplateVersion',
    'ec2:RunInstances',
  ],
  cancelRefresh: ['autoscaling:CancelInstanceRefresh'],
  finishRefresh: ['autoscaling:CreateOrUpdateTags', 'autoscaling:DeleteTags', 'ec2:CreateTags', 'ec2:DeleteTags'],
  enterStandby: ['autoscaling:EnterStandby'],
  exitStandby: ['autoscaling:ExitStandby'],
  terminate: [
    RESIZE,
    'autoscaling:DeleteWarmPool',
    'ec2:TerminateInstances',
    'opsworks:StopInstance',
    'opsworks:DeleteInstance',
  ],
  remove: [
    'autoscaling:DeleteTags',
    'autoscaling:DeleteAutoScalingGroup',
    'opsworks:DeleteInstance',
    'opsworks:DeleteLayer',
  ],
  register: ['elasticloadbalancing:RegisterTargets'],
  deregister: ['elasticloadbalancing:DeregisterTargets'],
  setWeights: MOVE,
  setTtls: MOVE,
  createRule: ['elasticloadbalancing:CreateRule', 'elasticloadbalancing:AddTags'],
  deleteRules: ['elasticloadbalancing:DeleteRule'],
  start: ['ssm:SendCommand', 'opsworks:CreateDeployment'],
};

/** The action that was denied, where that is why it failed. */
export function deniedAction(failure: unknown): string | undefined {
  return failure instanceof OperatorError ? failure.action : undefined;
}

/** Whether a step of the plan would call the action; what an emergency exit goes on without is not asked. */
export async function needsAction(
  { steps }: Plan,
  start: Snapshot,
  { action, ports, isEmergency }: { readonly action: string; readonly ports: Ports; readonly isEmergency: boolean },
): Promise<boolean> {
  const called = new Set<string>();
  const noting = notedIn(ports, called);
  let world = start;
  for (const step of steps) {
    const behaviour = behaviourOf(step);
    const isCalled = behaviour.progress(world) !== 'done' && !(isEmergency && behaviour.isDispensable);
    // What is not there yet cannot be asked for; what was called before that counts.
    if (isCalled) await behaviour.apply(noting, world).catch(() => {});
    world = behaviour.simulate(world);
  }
  return called.has(action);
}

/** Ports that note the actions of what is called, and do nothing. */
function notedIn(ports: Ports, called: Set<string>): Ports {
  const noting = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name, receiver) => {
        const actions = ACTIONS[name as keyof typeof ACTIONS] as readonly string[] | undefined;
        if (actions === undefined) return Reflect.get(target, name, receiver) as unknown;
        return async () => actions.forEach((action) => called.add(action));
      },
    });
  const { inPlace } = ports;
  return {
    ...ports,
    fleet: noting(ports.fleet),
    traffic: noting(ports.traffic),
    approvals: { ...ports.approvals, put: async () => {} },
    work: { ...ports.work, set: async () => {} },
    preview: noting(ports.preview),
    inPlace: { ...inPlace, deploys: noting(inPlace.deploys) },
  };
}
