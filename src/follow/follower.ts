import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { BucketOfReleases, Seen } from '../releases/bucket.ts';
import { keyId } from '../releases/signature.ts';
import type { FollowReport, Permit, Pointer, OrderProgress, Release } from '../releases/records.ts';
import type { Disk } from './disk.ts';
import { fetchRelease } from './fetch.ts';
import type { Host } from './host.ts';
import { ended, nextOrder, type FollowState, type Order } from './orders.ts';
import { Rejected } from './rejected.ts';

export interface FollowerOptions {
  /** Id of this instance. */
  readonly instance: string;
  readonly bucket: BucketOfReleases;
  readonly disk: Disk;
  readonly host: Host;
  readonly clock: Clock;
  readonly keep: number;
  /** Time for the app to answer after a restart. */
  readonly withinMs: number;
  /** It reports at least this often. */
  readonly everyMs: number;
  /** Key in PEM that releases must be signed with; absent: none. */
  readonly signedBy?: string;
  /** Called with each sentence for the log. */
  readonly tell: (line: string) => void;
}

/** How often the app is asked after a restart. */
const ASK_MS = 500;

/** Makes one instance run what it is permitted to. After a crash at any point a new one on the same disk goes on. */
export class Follower {
  readonly #options: FollowerOptions;
  #state: FollowState;
  #permit: Seen<Permit> | undefined;
  #pointer: Seen<Pointer> | undefined;
  #reported: { readonly text: string; readonly at: number } | undefined;
  #problem: string | undefined;
  #failure: string | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#state = { instance: options.instance, permit: 0, pointer: 0 };
  }

  /** Makes the app run the last good release, with no word from the bucket. */
  async start(): Promise<void> {
    await this.#runLastGood();
    await this.#options.disk.clear();
  }

  /** Looks once, and does what is to be done. Rejects with what keeps it from following, which a later look may not meet. */
  async look(): Promise<void> {
    try {
      await this.#readOrders();
      const verdict = nextOrder(this.#state, { permit: this.#permit?.value, pointer: this.#pointer?.value });
      this.#problem = verdict.do === 'refuse' ? verdict.why : undefined;
      if (verdict.do === 'follow') await this.#follow(verdict.order);
      const seen = this.#pointer?.value.number ?? 0;
      if (seen > this.#state.pointer) await this.#remember({ ...this.#state, pointer: seen });
    } catch (error) {
      this.#problem = messageOf(error);
      throw error;
    } finally {
      await this.#report();
    }
  }

  /** What it last saw answering. */
  get runs(): Release | undefined {
    return this.#state.runs;
  }

  async #runLastGood(): Promise<void> {
    const { instance, disk, host, tell } = this.#options;
    const found = await disk.state();
    if (found === undefined) return this.#startFirst();
    if (found.instance !== instance) return this.#startAnew();
    this.#state = found;
    const { trying, runs } = found;
    if (trying !== undefined && (await this.#isOn(trying.release))) return this.#succeed(trying);
    if (runs === undefined) return this.#startAnew();
    if (!(await this.#isOn(runs))) {
      tell(`${runs.release} is the last release that has answered: starting it.`);
      const why = await this.#switchTo(runs);
      if (why !== undefined) tell(`${runs.release} does not answer: ${why.message}`);
    }
    if (trying !== undefined && (await host.ask(runs)) === 'ok') await this.#remember(withoutTrial(found));
  }

  /** Nothing was followed here before. */
  async #startFirst(): Promise<void> {
    const isForeign = await this.#options.host.isUp();
    if (isForeign) this.#options.tell('An app answers that was not started from here: it changes only with a permit.');
    await this.#remember({ ...this.#state, ...(isForeign && { foreign: true }) });
  }

  /** A disk that another instance has written, as in an image that was made of one: what that one ran is nothing here. */
  async #startAnew(): Promise<void> {
    const { instance, disk } = this.#options;
    await disk.switchOff();
    await this.#remember(withoutTrial({ ...this.#state, instance }));
  }

  async #readOrders(): Promise<void> {
    const { bucket, instance } = this.#options;
    const [permit, pointer] = await Promise.all([
      bucket.permit(instance, this.#permit?.object),
      bucket.pointer(this.#pointer?.object),
    ]);
    if (permit !== 'same') this.#permit = permit;
    if (pointer !== 'same') this.#pointer = pointer;
  }

  async #follow(order: Order): Promise<void> {
    const { tell, disk } = this.#options;
    const { release } = order;
    // Its success could not be written, for example on a full disk: it is no reason for another restart.
    if (isOrder(this.#state.trying, order) && (await this.#isOn(release))) return this.#succeed(order);
    if (!isOrder(this.#state.progress, order)) tell(`${orderText(order)}: changing to ${release.release}.`);
    await this.#remember({ ...this.#state, progress: progressOf(order, 'working') });
    await this.#report();
    try {
      await fetchRelease(this.#options, release);
    } catch (error) {
      if (error instanceof Rejected) return this.#fail(order, error);
      await this.#remember({ ...this.#state, progress: progressOf(order, 'working', messageOf(error)) });
      throw error;
    }
    await this.#remember({ ...this.#state, trying: order });
    const failure = await this.#switchTo(release);
    if (failure === undefined) return this.#succeed(order);
    await this.#goBack(order, failure);
    await disk.prune(this.#options.keep, this.#needed());
  }

  async #succeed(order: Order): Promise<void> {
    const { disk, keep, tell } = this.#options;
    await this.#remember({ ...ended(this.#state, order, progressOf(order, 'done')), runs: order.release });
    tell(`${order.release.release} runs, and answers.`);
    await disk.prune(keep, this.#needed());
  }

  /** The last good release comes back before the failure is reported. */
  async #goBack(order: Order, failure: Rejected): Promise<void> {
    const { runs } = this.#state;
    const { disk } = this.#options;
    if (runs === undefined) {
      await disk.switchOff();
      return this.#fail(order, failure);
    }
    const why = await this.#switchTo(runs);
    const back =
      why === undefined ? `${runs.release} runs again` : `${runs.release} does not answer either: ${why.message}`;
    await this.#fail(order, new Rejected(`${failure.message} (${back})`, failure.output));
  }

  async #fail(order: Order, { message, output }: Rejected): Promise<void> {
    const failure = `${orderText(order)} has failed. ${message}`;
    // A pointer is tried again at each look.
    if (failure !== this.#failure) this.#options.tell(failure);
    this.#failure = failure;
    await this.#remember(ended(this.#state, order, progressOf(order, 'failed', message, output)));
  }

  /** Switches, restarts, and asks until the app answers; what went wrong. */
  async #switchTo(release: Release): Promise<Rejected | undefined> {
    const { disk, host, clock, withinMs } = this.#options;
    await disk.switchTo(release.sha256);
    const { says, output } = await host.restart(release);
    if (says !== 'ok') return new Rejected(says, output);
    const until = clock.monotonic() + withinMs;
    for (;;) {
      const answer = await host.ask(release);
      if (answer === 'ok') return undefined;
      if (clock.monotonic() >= until) return new Rejected(answer, output);
      await clock.sleep(ASK_MS);
    }
  }

  async #isOn(release: Release): Promise<boolean> {
    const { disk, host } = this.#options;
    return (await disk.current()) === release.sha256 && (await host.ask(release)) === 'ok';
  }

  #needed(): readonly string[] {
    const { runs, trying } = this.#state;
    return [...new Set([runs, trying?.release].flatMap((one) => one?.sha256 ?? []))];
  }

  async #remember(state: FollowState): Promise<void> {
    await this.#options.disk.remember(state);
    this.#state = state;
  }

  /** What cannot be reported now is reported later: following does not depend on it. */
  async #report(): Promise<void> {
    const { instance, bucket, clock, everyMs, tell, signedBy } = this.#options;
    const { runs, progress } = this.#state;
    const problem = this.#problem;
    const report: FollowReport = {
      instance,
      everyMs,
      ...(runs && { runs }),
      ...(progress && { progress }),
      ...(problem !== undefined && { problem }),
      ...(signedBy !== undefined && { key: keyId(signedBy) }),
    };
    const text = JSON.stringify(report);
    const isFresh = this.#reported !== undefined && clock.monotonic() - this.#reported.at < everyMs / 2;
    if (text === this.#reported?.text && isFresh) return;
    try {
      await bucket.writeReport(report);
      this.#reported = { text, at: clock.monotonic() };
    } catch (error) {
      tell(`The report could not be written: ${messageOf(error)}`);
    }
  }
}

function withoutTrial({ trying: _trying, ...state }: FollowState): FollowState {
  return state;
}

function progressOf(
  { kind, number }: Order,
  state: OrderProgress['state'],
  why?: string,
  output: readonly string[] = [],
): OrderProgress {
  return { kind, number, state, ...(why !== undefined && { why }), ...(output.length > 0 && { output }) };
}

function isOrder(one: Pick<Order, 'kind' | 'number'> | undefined, { kind, number }: Order): boolean {
  return one?.kind === kind && one.number === number;
}

function orderText({ kind, number }: Order): string {
  return `The ${kind} with number ${number}`;
}
