import type { Clock } from '../clock.ts';
import type { FollowConfig } from '../config/follow.ts';
import { askUrl, isAnswered } from '../probe/ask.ts';
import type { Guardian } from '../programs/guardian.ts';
import { startProgram } from '../programs/program.ts';
import type { Release } from '../releases/records.ts';

/** The app on this instance. */
export interface Host {
  /** Makes it run what `current` leads to; what went wrong, as a sentence, or `ok`. */
  restart(release: Release): Promise<{ readonly says: string; readonly output: readonly string[] }>;
  /** Whether anything answers there, whatever it says. */
  isUp(): Promise<boolean>;
  /** Asks it once whether it is that release; `ok`, or what was wrong. */
  ask(release: Release): Promise<string>;
}

export function createHost(config: FollowConfig, clock: Clock, guardian: Guardian): Host {
  const { folder, restart, restartTimeoutMs, check } = config;
  return {
    async restart({ release }) {
      const variables = { TURNOUT_RELEASE: release, TURNOUT_FOLDER: folder };
      const program = { run: restart, folder, variables, graceMs: GRACE_MS, onLine: () => {} };
      const running = startProgram(program, clock, guardian);
      const over = new AbortController();
      const late = clock.sleep(restartTimeoutMs, over.signal).then(
        async () => {
          await running.stop();
          return `${restart[0]} did not end within ${restartTimeoutMs / 1000} s`;
        },
        () => undefined,
      );
      const { ok, why, output } = await running.ended;
      over.abort();
      const tooLate = await late;
      return { says: tooLate ?? (ok ? 'ok' : `${restart[0]}: ${why}`), output };
    },
    async isUp() {
      return isAnswered(check.url, check.timeoutMs);
    },
    async ask({ release }) {
      const fill = (text: string): string => text.replaceAll('{release}', release);
      const { url, contains, timeoutMs } = check;
      return askUrl(fill(url), contains === undefined ? undefined : fill(contains), timeoutMs);
    },
  };
}

const GRACE_MS = 5000;
