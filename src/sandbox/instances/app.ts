import type { Behaviour } from './behaviour.ts';

/** The instance and the release of an app. */
export interface AppIdentity {
  readonly instance: string;
  readonly release: string;
  /** The instance's loopback address. */
  readonly address: string;
  readonly ports: readonly number[];
}

/** The app on one instance. */
export interface App {
  /** Starts the app. Throws an `OperatorError` if it cannot listen. */
  start(behaviour: Behaviour): Promise<void>;
  /** Changes its behaviour. Throws an `ApiError` if this kind of app does not support it. */
  setBehaviour(behaviour: Behaviour): void;
  /** Kills it and closes its connections. Resolves when its address is free again. */
  kill(): Promise<void>;
  /** False before its start and after its end. */
  alive(): boolean;
  /** Its latest output, for `GetConsoleOutput`. */
  output(): string;
}

export type AppFactory = (identity: AppIdentity) => App;
