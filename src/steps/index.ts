import { attachGroup } from './attach.ts';
import { awaitApproval } from './await-approval.ts';
import { awaitDnsAnswers } from './await-dns-answers.ts';
import { awaitDrained } from './await-drained.ts';
import { awaitHealthy } from './await-healthy.ts';
import { awaitIdle } from './await-idle.ts';
import { awaitInsync } from './await-insync.ts';
import { awaitLoweredTtl } from './await-lowered-ttl.ts';
import { awaitResidualTraffic } from './await-residual-traffic.ts';
import { awaitRetention } from './await-retention.ts';
import { awaitRunning } from './await-running.ts';
import { awaitSlowStart } from './await-slow-start.ts';
import { awaitTtl } from './await-ttl.ts';
import { bake } from './bake.ts';
import { checkGreen } from './check-green.ts';
import { checkInstances } from './check-instances.ts';
import { claim } from './claim.ts';
import type { StepBehaviour, StepDefinition } from './definition.ts';
import { deployRelease } from './deploy.ts';
import { deregister } from './deregister.ts';
import { deregisterEverywhere } from './deregister-everywhere.ts';
import { detachGroup } from './detach.ts';
import { heeding, type Heeds } from './heeding.ts';
import { putIntoStandby } from './enter-standby.ts';
import { putIntoService } from './exit-standby.ts';
import { awaitRefresh } from './await-refresh.ts';
import { finishRefresh } from './finish-refresh.ts';
import { beginRefresh } from './start-refresh.ts';
import { fillGroup } from './fill-group.ts';
import { holdMinimum } from './hold-minimum.ts';
import { giveWork } from './give-work.ts';
import { launch } from './launch.ts';
import { mark } from './mark.ts';
import { matchSize } from './match-size.ts';
import { migrate } from './migrate.ts';
import { movePointer } from './move-pointer.ts';
import { prepareGroup } from './prepare-group.ts';
import { permitWave } from './permit-wave.ts';
import { register } from './register.ts';
import { registerBack } from './register-back.ts';
import { releaseMinimum } from './release-minimum.ts';
import { createPreview } from './create-preview.ts';
import { deletePreview } from './delete-preview.ts';
import { remove } from './remove.ts';
import { restoreGroup } from './restore-group.ts';
import { setTtl } from './set-ttl.ts';
import { shiftWeights } from './shift-weights.ts';
import { spendApproval } from './spend-approval.ts';
import { tagAlone } from './tag-alone.ts';
import { tagLoweredTtl } from './tag-lowered-ttl.ts';
import { tagRelease } from './tag-release.ts';
import { tagShare } from './tag-share.ts';
import { tagStoreId } from './tag-store-id.ts';
import { terminate } from './terminate.ts';
import { verifyGreen } from './verify-green.ts';
import { verifyRelease } from './verify-release.ts';
import { watch } from './watch.ts';

/** All kinds of steps. */
const steps = {
  launch,
  'await-running': awaitRunning,
  register,
  'await-approval': awaitApproval,
  'spend-approval': spendApproval,
  'give-work': giveWork,
  'await-idle': awaitIdle,
  'create-preview': createPreview,
  'delete-preview': deletePreview,
  'await-healthy': awaitHealthy,
  deregister,
  'await-slow-start': awaitSlowStart,
  'await-drained': awaitDrained,
  'shift-weights': shiftWeights,
  'tag-share': tagShare,
  watch,
  'tag-alone': tagAlone,
  bake,
  'set-ttl': setTtl,
  'tag-lowered-ttl': tagLoweredTtl,
  'await-lowered-ttl': awaitLoweredTtl,
  'await-insync': awaitInsync,
  'await-dns-answers': awaitDnsAnswers,
  'await-ttl': awaitTtl,
  'check-green': checkGreen,
  'verify-green': verifyGreen,
  'verify-release': verifyRelease,
  'await-retention': awaitRetention,
  'await-residual-traffic': awaitResidualTraffic,
  claim,
  mark,
  terminate,
  remove,
  migrate,
  'move-pointer': movePointer,
  'deregister-everywhere': deregisterEverywhere,
  deploy: deployRelease,
  'permit-wave': permitWave,
  'check-instances': checkInstances,
  'register-back': registerBack,
  'tag-release': tagRelease,
  'tag-store-id': tagStoreId,
  'fill-group': fillGroup,
  'hold-minimum': holdMinimum,
  'match-size': matchSize,
  'release-minimum': releaseMinimum,
  attach: attachGroup,
  detach: detachGroup,
  'prepare-group': prepareGroup,
  'enter-standby': putIntoStandby,
  'exit-standby': putIntoService,
  'restore-group': restoreGroup,
  'start-refresh': beginRefresh,
  'await-refresh': awaitRefresh,
  'finish-refresh': finishRefresh,
};

type Registry = typeof steps;

export type StepKind = keyof Registry;
export type StepOf<K extends StepKind> = Parameters<Registry[K]>[0];
export type Step = StepOf<StepKind> & Heeds;

// Each definition stands under its own name.
steps satisfies { readonly [K in StepKind]: StepDefinition<Extract<Step, { do: K }>> };

/** The step, where it is of this kind: for a task that has to know which of its steps has failed. */
export function ofKind<K extends StepKind>(kind: K, step: Step | undefined): StepOf<K> | undefined {
  return step?.do === kind ? step : undefined;
}

/** What the step is and does: its title, its guard, its action, ... */
export function behaviourOf(step: Step): StepBehaviour {
  return heeding(step, (steps[step.do] as StepDefinition<Step>)(step));
}
