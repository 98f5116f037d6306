import type { Request, TargetsInput } from './api.ts';
import { boxesOf } from './opsworks.ts';
import { isServing, type Group, type State } from './state.ts';

/** What a request to AWS is about. */

/** Of EC2, and of OpsWorks. */
export const ENDING: ReadonlySet<string> = new Set(['TerminateInstances', 'StopInstance']);
export const TAGGING: ReadonlySet<string> = new Set(['CreateTags', 'TagResource']);

/** The note on a layer that its instances are being ended belongs to the requests that end them. */
export function isPartOfEnding({ operation, input }: Request): boolean {
  const { Tags } = input as { readonly Tags?: object };
  return operation === 'TagResource' && Tags !== undefined && 'turnout:ending' in Tags;
}

export function idsOf({ input, operation }: Request, state: State): readonly string[] {
  if (operation === 'StopInstance' || operation === 'TagResource') return boxesOf(state, input);
  const { Targets, InstanceIds, Resources } = input as {
    readonly Targets?: TargetsInput['Targets'];
    readonly InstanceIds?: readonly string[];
    readonly Resources?: readonly string[];
  };
  return InstanceIds ?? Resources ?? (Targets ?? []).map(({ Id }) => Id);
}

export function groupNamed(state: State, arn: string): Group {
  return state.groups.get(arn.replace('arn:', '')) as Group;
}

/** It was taken out of there by a deploy in place, and none has begun on it that has not ended well. */
export function mayReturn({ boxes }: State, { name }: Group, id: string): boolean {
  const { 'turnout:left': left = '', 'turnout:deploy': deploy = '' } = boxes.get(id)?.tags ?? {};
  return left.split(' ').some((place) => place.startsWith(`${name}:`)) && !deploy.endsWith(' begun');
}

export function serves(state: State, group: Group, id: string): boolean {
  const member = group.members.get(id);
  return member !== undefined && isServing(state, member);
}
