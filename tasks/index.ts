import type { Verb } from '../src/domain/goal.ts';
import { adopt } from './adopt.ts';
import { cleanup } from './cleanup.ts';
import { deploy } from './deploy.ts';
import { drain } from './drain.ts';
import { join } from './join.ts';
import { promote } from './promote.ts';
import { rollback } from './rollback.ts';
import { rolling } from './rolling.ts';
import type { Task } from './task.ts';
import { up } from './up.ts';

/** All tasks, in the order in which they are met. */
export const tasks: Readonly<Record<Verb, Task>> = {
  adopt: adopt as Task,
  up: up as Task,
  promote: promote as Task,
  rollback: rollback as Task,
  cleanup: cleanup as Task,
  rolling: rolling as Task,
  deploy: deploy as Task,
  drain: drain as Task,
  join: join as Task,
};
