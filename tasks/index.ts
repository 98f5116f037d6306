import type { Verb } from '../src/domain/goal.ts';
import { adopt } from './adopt.ts';
import { cleanup } from './cleanup.ts';
import { deploy } from './deploy.ts';
import { drain } from './drain.ts';
import { join } from './join.ts';
import type { OptionsOf, TaskOptions } from './options.ts';
import { promote } from './promote.ts';
import { rollback } from './rollback.ts';
import { rolling } from './rolling.ts';
import type { Task } from './task.ts';
import { up } from './up.ts';

const all = { adopt, up, promote, rollback, cleanup, rolling, deploy, drain, join } satisfies {
  readonly [V in Verb]: Task<V>;
};

/** All tasks by verb, in the order in which they are met. */
export type Tasks = Readonly<Record<Verb, Task>>;
export const tasks: Tasks = all;

/** The options that each verb has. */
export type OptionsByVerb = { readonly [V in Verb]: (typeof all)[V]['options'] };

/** The options of any one task. */
export type AnyOptions = { readonly [V in Verb]: Partial<OptionsOf<(typeof all)[V]['options']>> }[Verb] &
  Pick<TaskOptions, 'resumes' | 'takeOver'>;
