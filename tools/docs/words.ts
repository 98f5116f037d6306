import { tasks } from '../../tasks/index.ts';
import type { StepKind } from '../../src/steps/index.ts';

/** Every kind of step: the compiler demands an entry for each. */
export const STEP_KINDS: Readonly<Record<StepKind, string>> = {
  launch: 'launch the instances of a fleet',
  'await-running': 'wait until its instances are running',
  register: 'register instances with a target group',
  'await-approval': 'wait until a share of production for the new fleet is approved or rejected',
  'spend-approval': 'note that an approval was used',
  'give-work': 'set the owner of the work to a release, or to none (`owner`)',
  'await-idle': 'wait until no work of the other side is under way (`owner`)',
  'create-preview': 'make a rule that leads some requests to the new fleet (`preview`)',
  'delete-preview': 'delete the rules of `preview`',
  'await-healthy': 'wait until they are healthy there',
  deregister: 'deregister instances from a target group',
  'await-drained': 'wait until no target is registered or draining there',
  'shift-weights': 'give a target group its share of the traffic, by the weights of routes',
  'tag-share': 'write that share on the tags of the fleet',
  watch: 'wait before the next share, while health and production are checked',
  'tag-alone': 'write on the tags of the fleet that it has all of production from now on',
  bake: 'watch a fleet that has a share of production, while its gates judge it',
  'set-ttl': 'set the TTL of the names: low for a switch, or as usual after it',
  'tag-lowered-ttl': 'write on the tags of the fleet that TTLs have been lowered',
  'await-lowered-ttl': 'wait until the usual TTL has passed for every resolver',
  'await-insync': 'wait until Route 53 says INSYNC: all of its name servers have the change',
  'await-dns-answers': "ask the zones' name servers until their answers lead to the new target group only",
  'await-ttl': 'wait until the TTL of the old answers has passed',
  'check-green': 'ask the new fleet, at its instances and its test route, until all `checks` are passed in a row',
  'verify-green': 'ask the new fleet for its release where it is tested, before production moves to it',
  'verify-release': 'ask production until enough answers in a row come from the new release',
  'await-slow-start': 'wait until the slow start of a target group is over',
  'await-retention': 'wait until the retention of the old fleet is over',
  'await-residual-traffic': 'wait until the old fleet gets hardly any requests',
  claim: 'write the ownership tags on instances that serve already',
  mark: 'write a mark on the tags of the fleet',
  terminate: 'terminate the instances of a fleet',
  remove: 'delete the layer that held a fleet (OpsWorks), or let go of its Auto Scaling group',
  migrate: 'migrate the database, by way of one instance',
  'move-pointer': 'pull deploys: instances that are launched later boot the release from now on',
  'deregister-everywhere': 'deregister instances from all of their target groups, and wait until they are released',
  deploy: 'deploy the release to instances in place',
  'permit-wave':
    'pull deploys: permit instances to change while they serve, and wait until they have, no longer than the bound',
  'check-instances': 'ask each instance itself until it answers as it should',
  'register-back': 'register instances where they were, and wait until they are healthy',
  'tag-store-id': 'write on the tags of all fleets which store keeps the lease',
  'fill-group': 'give an empty Auto Scaling group its launch template version and its size',
  'hold-minimum': 'raise the minimum of an Auto Scaling group to what it has, so that it is not scaled in',
  attach: 'attach an Auto Scaling group to a target group: it registers all that it has and launches there',
  detach: 'detach it from one: all that it has there drains',
  'match-size': 'let an Auto Scaling group grow to what serves now, and wait until all of it is healthy',
  'release-minimum': 'put the minimum of an Auto Scaling group back to what it was',
  'prepare-group':
    'set the minimum of an Auto Scaling group to what stays while a batch is out, and suspend its zone rebalancing',
  'enter-standby': 'put instances into Standby, out of all of their target groups, and wait until they are released',
  'exit-standby': 'put instances into service again, and wait until they are healthy',
  'start-refresh': 'start an instance refresh of an Auto Scaling group, or roll back the one that is under way',
  'await-refresh': 'wait until it has ended well, and all of the group is of the release and healthy',
  'finish-refresh': 'write on the tags of the group that its release is that of the refresh',
  'restore-group': 'put back what a deploy in place has changed of an Auto Scaling group',
  'tag-release': 'write on the tags of instances that they are back, and which release they have',
};

/** Verbs that plan: the tasks. */
export const VERBS = Object.keys(tasks) as (keyof typeof tasks)[];
/** Those of the lease and of the history: also commands that take the lease and change no fleet. */
export const ALL_VERBS: readonly string[] = [...VERBS, 'abandon', 'unlock', 'approve', 'reject'];

export const VERB_MEANINGS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.values(tasks).map(({ verb, summary }) => [verb, summary])),
  abandon: 'Forget the recorded goal; in the history and the lease only',
  approve: 'Approve what a promote waits for; in the history only',
  reject: 'Reject what a promote waits for; in the history only',
  unlock: 'Release the lease of a run that hangs; in the history and the lease only',
};
