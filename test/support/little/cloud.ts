import type { WorldClock } from './clock.ts';
import { isUp, memberKey, PORT, withBox, withMember, type Box, type Health, type Member, type State } from './state.ts';

/** The cloud's times; in milliseconds, but for those that ELB counts in seconds. */
export interface Times {
  readonly bootMs: number;
  readonly shutdownMs: number;
  /** From a registration to its first health check. */
  readonly registrationMs: number;
  readonly intervalS: number;
  readonly timeoutS: number;
  readonly deregistrationDelayS: number;
}

export const TIMES: Times = {
  bootMs: 3000,
  shutdownMs: 1000,
  registrationMs: 500,
  intervalS: 5,
  timeoutS: 2,
  deregistrationDelayS: 10,
};

/** Checks in a row that make a target healthy again, or unhealthy. */
export const THRESHOLD = 2;

/** A state and when it came about. */
interface Moment {
  readonly at: number;
  readonly state: State;
}

/** What a stale read can reach back to. */
const KEEP_MS = 60_000;

/** The health checks of one registration. */
interface Checks {
  readonly begin: number;
  /** Results in a row that say something else than the health that is shown. */
  otherwise: number;
  waiting: boolean;
}

/** Called with each change, before anything else happens. */
export type OnChange = (before: State, after: State) => void;

/**
 * Instances and target groups over time: what EC2 and ELB keep, without their APIs. It follows the sandbox's rules
 * (src/sandbox/BEHAVIOUR.md), and a test compares the two.
 */
export class LittleCloud {
  readonly clock: WorldClock;
  readonly times: Times;
  onChange: OnChange = () => {};
  /** Called after that: what makes something of each change by itself. */
  readonly reactions: (() => void)[] = [];
  #past: Moment[];
  #launched = 0;
  readonly #checks = new Map<string, Checks>();

  constructor(clock: WorldClock, times: Times, start: State) {
    this.clock = clock;
    this.times = times;
    this.#past = [{ at: Number.NEGATIVE_INFINITY, state: start }];
    for (const group of start.groups.values()) {
      for (const [key, { health }] of group.members) {
        if (health === 'draining') this.#drain(group.name, key);
        else this.#checks.set(keyOf(group.name, key), { begin: clock.now, otherwise: 0, waiting: false });
      }
    }
  }

  get state(): State {
    return (this.#past.at(-1) as Moment).state;
  }

  /** What was so at that moment. */
  stateAt(time: number): State {
    return (this.#past.findLast((moment) => moment.at <= time) ?? this.#past[0]!).state;
  }

  change(make: (state: State) => State): void {
    const before = this.state;
    const state = make(before);
    const at = this.clock.now;
    this.#past.push({ at, state });
    if ((this.#past[1] as Moment).at < at - KEEP_MS) this.#past.shift();
    this.onChange(before, state);
    for (const react of this.reactions) react();
  }

  boot(box: Omit<Box, 'id' | 'state' | 'launchedAt'>): string {
    this.#launched += 1;
    const id = `i-${String(this.#launched).padStart(4, '0')}`;
    this.change((state) => withBox(state, { ...box, id, state: 'pending', launchedAt: this.clock.now }));
    this.clock.after(this.times.bootMs, () => this.#move(id, 'pending', 'running'));
    return id;
  }

  terminate(id: string): void {
    const before = this.#box(id).state;
    if (before === 'shutting-down' || before === 'terminated') return;
    this.#alter(id, { state: 'shutting-down', fit: false });
    this.clock.after(this.times.shutdownMs, () => this.#move(id, 'shutting-down', 'terminated'));
  }

  /** The instance is gone from one moment to the next, as when its host fails. */
  die(id: string): void {
    this.#alter(id, { state: 'terminated', fit: false });
  }

  /** Its app begins to fail health checks, or to pass them. */
  behave(id: string, fit: boolean): void {
    if (this.#box(id).fit !== fit) this.#alter(id, { fit });
  }

  tag(id: string, tags: Readonly<Record<string, string>>): void {
    this.#alter(id, { tags: { ...this.#box(id).tags, ...tags } });
  }

  untag(id: string, keys: readonly string[]): void {
    const tags = Object.entries(this.#box(id).tags).filter(([key]) => !keys.includes(key));
    this.#alter(id, { tags: Object.fromEntries(tags) });
  }

  /** Other code is on it from now on, and it works. */
  deliver(id: string, release: string): void {
    this.#alter(id, { image: `ami-${release}`, fit: true });
  }

  /** Registered already: nothing happens. Draining: it begins anew. */
  register(group: string, id: string, port = PORT): void {
    const key = memberKey(id, port);
    const known = this.state.groups.get(group)?.members.get(key);
    if (known !== undefined && known.health !== 'draining') return;
    const { registrationMs } = this.times;
    const checks: Checks = { begin: this.clock.now + registrationMs, otherwise: 0, waiting: true };
    this.#checks.set(keyOf(group, key), checks);
    this.change((state) => withMember(state, group, key, { id, port, health: 'registering' }));
    this.clock.after(registrationMs, () => {
      if (this.#checks.get(keyOf(group, key)) !== checks) return;
      this.#heal(group, key, 'checking');
      this.#check(group, key, checks);
    });
  }

  deregister(group: string, id: string, port = PORT): void {
    const key = memberKey(id, port);
    const known = this.state.groups.get(group)?.members.get(key);
    if (known === undefined || known.health === 'draining') return;
    this.#drain(group, key);
  }

  #drain(group: string, key: string): void {
    const left: Checks = { begin: 0, otherwise: 0, waiting: false };
    this.#checks.set(keyOf(group, key), left);
    this.#heal(group, key, 'draining');
    this.clock.after(this.times.deregistrationDelayS * 1000, () => {
      if (this.#checks.get(keyOf(group, key)) !== left) return;
      this.#checks.delete(keyOf(group, key));
      this.change((state) => withMember(state, group, key, undefined));
    });
  }

  /** The group is gone; its targets drain no longer. */
  deleteGroup(name: string): void {
    for (const key of this.#checks.keys()) if (key.startsWith(keyOf(name, ''))) this.#checks.delete(key);
    this.change((state) => ({ ...state, groups: new Map([...state.groups].filter(([other]) => other !== name)) }));
  }

  #box(id: string): Box {
    const box = this.state.boxes.get(id);
    if (box === undefined) throw new Error(`There is no instance ${id}.`);
    return box;
  }

  #move(id: string, from: Box['state'], to: Box['state']): void {
    if (this.#box(id).state === from) this.#alter(id, { state: to });
  }

  #alter(id: string, facts: Partial<Box>): void {
    this.change((state) => withBox(state, { ...this.#box(id), ...facts }));
    for (const group of this.state.groups.values()) {
      for (const [key, member] of group.members) {
        const checks = member.id === id ? this.#checks.get(keyOf(group.name, key)) : undefined;
        if (checks !== undefined && member.health !== 'draining') this.#checkLater(group.name, key, checks);
      }
    }
  }

  #heal(group: string, key: string, health: Health): void {
    const member = this.state.groups.get(group)?.members.get(key) as Member;
    if (member.health !== health) this.change((state) => withMember(state, group, key, { ...member, health }));
  }

  /** The next check, unless it is known that it will say what is shown already. */
  #checkLater(group: string, key: string, checks: Checks): void {
    if (checks.waiting) return;
    checks.waiting = true;
    const interval = this.times.intervalS * 1000;
    const since = this.clock.now - checks.begin;
    this.clock.after(interval - (since % interval), () => {
      if (this.#checks.get(keyOf(group, key)) === checks) this.#check(group, key, checks);
    });
  }

  /** One passed check makes a new target healthy; otherwise it takes as many in a row as the threshold says. */
  #check(group: string, key: string, checks: Checks): void {
    checks.waiting = false;
    const member = this.state.groups.get(group)?.members.get(key) as Member;
    const box = this.#box(member.id);
    if (!isUp(box)) return;
    const passed = box.fit && box.state === 'running';
    if (passed === (member.health === 'healthy') && member.health !== 'checking') {
      checks.otherwise = 0;
      return;
    }
    checks.otherwise += 1;
    const enough = passed && member.health === 'checking' ? 1 : THRESHOLD;
    if (checks.otherwise < enough) return this.#checkLater(group, key, checks);
    checks.otherwise = 0;
    this.#heal(group, key, passed ? 'healthy' : 'unhealthy');
  }
}

function keyOf(group: string, key: string): string {
  return `${group}/${key}`;
}
