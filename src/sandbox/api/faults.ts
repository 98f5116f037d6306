import { z } from 'zod';
import { messageOf } from '../../errors.ts';
import { glob } from '../glob.ts';
import type { Scheduler } from '../scheduler.ts';
import { ApiError, type FaultMaker } from '../service.ts';
import { ownValue } from '../records.ts';

const apiFault = z.strictObject({
  kind: z.enum(['throttle', 'error', 'error-after', 'reset', 'reset-after', 'stale', 'delay']),
  /** Operation name; `*` matches any characters. */
  operation: z.string().min(1).default('*'),
  service: z.string().optional(),
  /** Number of requests that it affects; all when neither this nor `forMs` is set. */
  count: z.int().positive().optional(),
  /** Ends after this many milliseconds. */
  forMs: z.number().positive().optional(),
  /** `stale`: age of the returned state; `delay`: added latency. Milliseconds. */
  ms: z.number().nonnegative().default(5_000),
  /** `error`, `error-after`: AWS error code, HTTP status and message. */
  code: z.string().optional(),
  status: z.int().min(400).max(599).default(500),
  message: z.string().optional(),
});

/** A fault of the API, by operation: see src/sandbox/BEHAVIOUR.md, "Faults". */
export type ApiFault = z.infer<typeof apiFault>;
export type ApiFaultKind = ApiFault['kind'];
/** A requested fault: one of the API, or one of a service (`die`, `drain`, ...), which its maker validates. */
export type FaultSpec = z.input<typeof apiFault> | { readonly kind: string; readonly [key: string]: unknown };

export interface ActiveFault {
  readonly id: string;
  readonly spec: FaultSpec;
  /** Number of requests that it will still affect, if limited by `count`. */
  readonly left?: number;
}

export interface Faults {
  /** Starts a fault and returns its id. Throws `ApiError` `InvalidFault` when the request is not valid. */
  add(spec: FaultSpec): string;
  list(): readonly ActiveFault[];
  /** Ends one fault; false when there is none with that id. */
  remove(id: string): boolean;
  clear(): void;
  /** The API faults that affect a request for this operation now; counts the request. */
  trigger(service: string, operation: string): readonly ApiFault[];
}

interface StartedFault {
  readonly api?: ApiFault;
  left: number;
  readonly undo: () => void;
}

interface Entry extends StartedFault {
  readonly id: string;
  readonly spec: FaultSpec;
}

const API_KINDS: ReadonlySet<string> = new Set(apiFault.shape.kind.options);
const duration = z.looseObject({ forMs: z.number().positive().optional() });

export function createFaults(scheduler: Scheduler, makers: Readonly<Record<string, FaultMaker>>): Faults {
  const entries = new Map<string, Entry>();
  let count = 0;
  const end = (id: string) => {
    const entry = entries.get(id);
    if (!entries.delete(id)) return false;
    entry?.undo();
    return true;
  };
  return {
    add(spec) {
      const { forMs } = parseFault(duration, spec);
      const id = `fault-${++count}`;
      entries.set(id, { id, spec, ...start(spec, makers) });
      if (forMs !== undefined) scheduler.after(forMs, () => void end(id));
      return id;
    },
    list: () =>
      [...entries.values()].map(({ id, spec, left }) => ({ id, spec, ...(Number.isFinite(left) && { left }) })),
    remove: end,
    clear: () => entries.forEach((entry) => end(entry.id)),
    trigger(service, operation) {
      const triggered = [...entries.values()].filter((entry) => entry.api && matches(entry.api, service, operation));
      for (const entry of triggered) if (--entry.left === 0) end(entry.id);
      return triggered.map((entry) => entry.api!);
    },
  };
}

function start(spec: FaultSpec, makers: Readonly<Record<string, FaultMaker>>): StartedFault {
  if (API_KINDS.has(spec.kind)) {
    const api = parseFault(apiFault, spec);
    return { api, left: api.count ?? Infinity, undo: () => {} };
  }
  const maker = ownValue(makers, spec.kind);
  const kinds = [...API_KINDS, ...Object.keys(makers)].join(', ');
  if (!maker) throw new ApiError('InvalidFault', `There is no fault "${spec.kind}". Faults: ${kinds}.`);
  return { left: Infinity, undo: maker(spec) };
}

/** Validates a fault request. Throws `ApiError` `InvalidFault` with what is not valid. */
export function parseFault<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  try {
    return schema.parse(value);
  } catch (error) {
    throw new ApiError('InvalidFault', error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error));
  }
}

function matches(fault: ApiFault, service: string, operation: string): boolean {
  if (fault.service !== undefined && fault.service !== service) return false;
  return glob(fault.operation)(operation);
}
