import type { StepKind, StepOf } from '../../src/steps/index.ts';
import type { FakeWorld } from './fake-world.ts';
import type { Act } from './hands.ts';

/** A step, and what may happen between the plan and it. */
export interface Case<K extends StepKind> {
  readonly name: string;
  readonly world: () => FakeWorld;
  readonly step: StepOf<K>;
  /** What happens, and what the refusal says. */
  readonly refused: Readonly<Record<string, readonly [act: Act, says: string]>>;
  /** What happens, and nothing comes of it. */
  readonly allowed: Readonly<Record<string, Act>>;
}

/** Kinds that touch neither servers nor production: who approves, who takes work, and who looks at green before. */
export const BESIDE = [
  'await-approval',
  'spend-approval',
  'give-work',
  'await-idle',
  'create-preview',
  'delete-preview',
] as const;
