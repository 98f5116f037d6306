import type { Clock } from '../clock.ts';
import type { Config, NotifyConfig } from '../config/config.ts';
import { post } from '../notify/post.ts';
import { readSecret, secretName } from '../notify/secret.ts';
import type { View } from '../run/event.ts';
import { noticeBody, NoticeReader, type NoticeData } from '../views/notices.ts';

/** Until then the process waits at its end for what is still being sent. */
const LAST_MS = 10_000;

type Told = Pick<Config, 'notify' | 'hooks'>;

/**
 * The view, and beside it the webhooks of the config. They are sent to in the background: a run neither waits for them nor fails by
 * them. One that cannot be reached is a warning, once.
 * @param late gets what goes wrong after the last event
 */
export function alsoNotifying(
  view: View,
  { notify = [], hooks }: Told,
  clock: Clock,
  late: (text: string) => void,
): View {
  if (notify.length === 0) return view;
  let isOver = false;
  const warn = (message: string): void => {
    if (isOver) late(message);
    else view.emit({ type: 'warning', message });
  };
  const reader = new NoticeReader();
  const targets = notify.map((config) => new Target(config, hooks.folder, clock, warn));
  return {
    ...view,
    emit: (event) => {
      const notice = reader.read(event);
      view.emit(event);
      isOver ||= event.type === 'finished';
      if (notice !== undefined) for (const target of targets) target.tell(notice);
    },
    async close() {
      const over = new AbortController();
      const limit = clock.sleep(LAST_MS, over.signal).catch(() => undefined);
      await Promise.race([Promise.all(targets.map(async (target) => target.sent)), limit]);
      over.abort();
      await view.close();
    },
  };
}

/** One webhook, which gets one notice after the other, in order. */
class Target {
  readonly #config: NotifyConfig;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #warn: (message: string) => void;
  #hasFailed = false;
  sent: Promise<void> = Promise.resolve();

  constructor(config: NotifyConfig, folder: string, clock: Clock, warn: (message: string) => void) {
    this.#config = config;
    this.#folder = folder;
    this.#clock = clock;
    this.#warn = warn;
  }

  tell(notice: NoticeData): void {
    if (!this.#config.events.includes(notice.event)) return;
    this.sent = this.sent.then(async () => this.#send(notice));
  }

  async #send(notice: NoticeData): Promise<void> {
    const { kind, url: at, token: by, timeoutMs, retries } = this.#config;
    const url = readSecret(at, this.#folder);
    const token = by && readSecret(by, this.#folder);
    const missing = url === undefined ? at : by !== undefined && token === undefined ? by : undefined;
    const why =
      url === undefined || missing !== undefined
        ? `${secretName(missing ?? at)} is not there, or empty`
        : await post({ url, token, body: noticeBody(kind, notice), timeoutMs, retries }, this.#clock);
    if (why === undefined || this.#hasFailed) return;
    this.#hasFailed = true;
    this.#warn(
      `"${notice.event}" did not reach the ${kind} of ${secretName(at)}: ${why}. The run does not depend on it.`,
    );
  }
}
