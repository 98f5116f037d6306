import type { Verb } from '../../domain/goal.ts';
import type { Clock } from '../../clock.ts';
import type { HookConfig, HooksConfig, HookTime } from '../../config/config.ts';
import { OperatorError } from '../../errors.ts';
import { defined } from '../../domain/defined.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { running } from '../../domain/in-place.ts';
import { behaviourOf, type Step } from '../../steps/index.ts';
import type { Guardian } from '../../programs/guardian.ts';
import type { ProgramResult } from '../../programs/program.ts';
import { runToEnd } from '../../programs/run-to-end.ts';
import type { Emit } from '../event.ts';

/** What a hook gets in its environment, beside what every program of a run gets. */
export interface HookContext {
  readonly verb: Verb;
  readonly release: string;
  readonly result?: string;
  readonly message?: string;
  readonly instances?: readonly string[];
  readonly addresses?: readonly string[];
  readonly zones?: readonly string[];
}

/** Runs the programs that the config names around tasks and instances. */
export interface Hooks {
  /**
   * @returns whether there was one
   * @throws OperatorError `hook-failed` when one fails that stops the run
   */
  run(time: HookTime, occasion: HookContext): Promise<boolean>;
}

export interface HookTools {
  readonly emit: Emit;
  readonly clock: Clock;
  readonly guardian: Guardian;
  readonly variables: () => Readonly<Record<string, string>>;
}

const GRACE_MS = 5000;
const PAUSE_MS = 1000;

export function createHooks(config: HooksConfig, tools: HookTools): Hooks {
  return {
    async run(time, occasion) {
      const hooks = config[time].filter(({ tasks }) => tasks?.includes(occasion.verb) ?? true);
      const start = async (hook: HookConfig): Promise<ProgramResult> => {
        const variables = { ...tools.variables(), ...variablesOf(time, occasion) };
        const onLine = (line: string): void => tools.emit({ type: 'output', line });
        const how = { ...tools, folder: config.folder };
        return runToEnd(hook.run, hook.timeoutMs, variables, how, { graceMs: GRACE_MS, onLine });
      };
      for (const hook of hooks) await runHook(time, hook, start, tools);
      return hooks.length > 0;
    },
  };
}

async function runHook(
  time: HookTime,
  hook: HookConfig,
  start: (hook: HookConfig) => Promise<ProgramResult>,
  { emit, clock }: HookTools,
): Promise<void> {
  let failure = '';
  for (let attempt = 0; attempt <= hook.retries; attempt += 1) {
    if (attempt > 0) await clock.sleep(PAUSE_MS);
    const { ok, why, output } = await start(hook);
    if (ok) return;
    const last = output.length === 0 ? '' : ` It wrote last: ${output.at(-1)}`;
    failure = `The hook ${time} (${hook.run.join(' ')}) failed: ${why}.${last}`;
    if (attempt < hook.retries) emit({ type: 'warning', message: `${failure} Trying again.` });
  }
  if (hook.onError === 'warn') return emit({ type: 'warning', message: failure });
  throw new OperatorError('hook-failed', failure, {
    next: ['Fix it and run this again; `onError: warn` under `hooks` goes on without it.'],
  });
}

function variablesOf(time: HookTime, occasion: HookContext): Readonly<Record<string, string>> {
  const { verb, release, result, message, instances, addresses, zones } = occasion;
  return {
    TURNOUT_HOOK: time,
    TURNOUT_VERB: verb,
    TURNOUT_RELEASE: release,
    ...defined({
      TURNOUT_RESULT: result,
      TURNOUT_MESSAGE: message,
      TURNOUT_INSTANCES: instances?.join(','),
      TURNOUT_ADDRESSES: addresses?.join(','),
      TURNOUT_ZONES: zones?.join(','),
    }),
  };
}

/** The hooks around the steps in which a batch leaves and comes back. */
export function stepHooks(
  hooks: Hooks,
  { verb, release }: Pick<HookContext, 'verb' | 'release'>,
  own: readonly HookTime[],
) {
  const about = (step: Step, snapshot: Snapshot): HookContext => {
    const some = 'instances' in step ? running(snapshot, step.instances) : [];
    return {
      verb,
      release,
      instances: some.map(({ id }) => id),
      addresses: some.map(({ address = '' }) => address),
      zones: some.map(({ zone }) => zone),
    };
  };
  return {
    before: async (step: Step, snapshot: Snapshot): Promise<boolean> =>
      behaviourOf(step).hook === 'before-instances' && hooks.run('beforeInstance', about(step, snapshot)),
    after: async (step: Step, snapshot: Snapshot): Promise<void> => {
      const isLast = behaviourOf(step).hook === 'after-instances' && own.includes('afterInstance');
      if (isLast) await hooks.run('afterInstance', about(step, snapshot));
    },
  };
}
