import type { Behaviour } from './behaviour.ts';

/** What an app is told about where and as what it runs. */
export interface AppIdentity {
  readonly instance: string;
  readonly release: string;
  /** Loopback address of the instance's own. */
  readonly address: string;
  readonly ports: readonly number[];
}

/** The app on one instance: real, so that it can be really killed. */
export interface App {
  /** Starts it. Throws an `OperatorError` when the machine refuses what it needs. */
  start(behaviour: Behaviour): Promise<void>;
  /** Changes how it behaves from now on. Throws an `ApiError` when this kind of app can't. */
  setBehaviour(behaviour: Behaviour): void;
  /** Ends it at once: open connections are cut. Resolves when its address is free again. */
  kill(): Promise<void>;
  /** False before it was started, and once it has ended, by itself or by force. */
  alive(): boolean;
  /** The last that it wrote, for `GetConsoleOutput`. */
  output(): string;
}

export type AppFactory = (identity: AppIdentity) => App;
