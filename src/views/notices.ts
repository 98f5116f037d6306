import type { Notice, NotifyConfig } from '../config/config.ts';
import type { RunEvent } from '../run/event.ts';

/** What webhooks get of a run, from the events that the views show. */
export interface NoticeData {
  readonly v: 1;
  readonly event: Notice;
  readonly environment: string;
  readonly run: string;
  readonly verb: string;
  readonly release: string | null;
  readonly who: string;
  /** A sentence. */
  readonly message: string;
}

type Of<K extends RunEvent['type']> = Extract<RunEvent, { type: K }>;

/** Follows the events of one run, and returns the notice of each, where there is one. */
export class NoticeReader {
  #started: Of<'started'> | undefined;
  #planned: Of<'planned'> | undefined;
  #isUnderWay = false;

  read(event: RunEvent): NoticeData | undefined {
    switch (event.type) {
      case 'started':
        this.#started = event;
        return undefined;
      case 'planned':
        this.#planned = event;
        return undefined;
      case 'step-started':
        return this.#stepStarted(event);
      case 'undoing':
        return this.#notice('undoing', event.why);
      case 'finished':
        return this.#finished(event);
      default:
        return undefined;
    }
  }

  #stepStarted({ index, title }: Of<'step-started'>): NoticeData | undefined {
    const isFirst = !this.#isUnderWay;
    this.#isUnderWay = true;
    if (this.#planned?.steps[index]?.asks)
      return this.#notice('approval', `${title}: \`turnout approve\` or \`turnout reject\`.`);
    return isFirst
      ? this.#notice('started', `${this.#planned?.steps.length ?? 0} steps; the first one: ${title}.`)
      : undefined;
  }

  /** A plan that was only shown, and a run with nothing to do, are no news. */
  #finished({ result, message, release }: Of<'finished'>): NoticeData | undefined {
    if (result === 'planned' || (result === 'done' && !this.#isUnderWay)) return undefined;
    return this.#notice(result, message, release);
  }

  #notice(event: Notice, message: string, release = this.#started?.release): NoticeData | undefined {
    if (this.#started === undefined) return undefined;
    const { environment, run, verb, who } = this.#started;
    return { v: 1, event, environment, run, verb, release: release ?? null, who, message };
  }
}

const MARKS: Readonly<Record<Notice, string>> = {
  started: ':arrow_forward:',
  approval: ':raised_hand:',
  undoing: ':leftwards_arrow_with_hook:',
  done: ':white_check_mark:',
  undone: ':leftwards_arrow_with_hook:',
  failed: ':x:',
  interrupted: ':warning:',
  refused: ':no_entry:',
};

/** As that kind of webhook takes it. */
export function noticeBody(kind: NotifyConfig['kind'], notice: NoticeData): object {
  if (kind === 'webhook') return notice;
  const { event, verb, release, environment, who, message, run } = notice;
  const what = release === null ? verb : `${verb} of ${release}`;
  return {
    text: `${MARKS[event]} *${slackText(`${what} in ${environment}: ${event}`)}*\n${slackText(message)}\n_${slackText(`${who}, run ${run}`)}_`,
  };
}

/** Slack takes these three characters for its own (Slack API, formatting text). */
function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
