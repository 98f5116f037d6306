/** What a service of the sandbox is to the API endpoint: operations by name, with inputs and outputs as the SDK shapes them. */

/** An error of AWS's own kind: the endpoint writes it in the form of the service's protocol. */
export class ApiError extends Error {
  /** The code on the wire, such as `TargetGroupNotFound`. */
  readonly code: string;
  /** HTTP status. */
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
  }
}

/** What the endpoint tells an operation about the request; absent when the operation is called in process. */
export interface Call {
  /** Describes show what was so this many milliseconds ago (eventual consistency, stale reads); 0 shows the present. */
  readonly lagMs: number;
}

/** Takes the decoded input and returns the output, both in the shape of the SDK's types. */
// oxlint-disable-next-line typescript/no-explicit-any -- the endpoint decodes by schema; each service narrows to the SDK's type
export type Operation = (input: any, call?: Call) => object | Promise<object>;

/** An operation of a service that keeps `S`; its input is the type of the SDK. */
export type StateOperation<S> = (state: S, input: never, call?: Call) => object;

export function bindOperations<S>(
  state: S,
  operations: Readonly<Record<string, StateOperation<S>>>,
): Record<string, Operation> {
  const bind =
    (operation: StateOperation<S>): Operation =>
    (input, request) =>
      operation(state, input as never, request);
  return Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, bind(operation)]));
}

/** Starts a fault that was asked for; returns what ends it. Throws an `ApiError` when the request makes no sense. */
export type FaultMaker = (spec: Readonly<Record<string, unknown>>) => () => void;

/** A page of the sandbox's own at `/_turnout/<name>`, in JSON: GET reads, POST writes, DELETE resets. */
export interface AdminPage {
  readonly read?: () => unknown;
  readonly write?: (body: unknown) => unknown;
  readonly reset?: () => void;
}

/** Something to read at a URL of the endpoint that is no API, such as the log of a command. */
export interface Download {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface Service {
  readonly id: 'cloudwatch' | 'ec2' | 'elbv2' | 'opsworks' | 'route53' | 'ssm';
  readonly operations: Readonly<Record<string, Operation>>;
  /** Faults of the service's own by kind, such as `drain`; asked for with `POST /_turnout/faults {"kind": "drain", ...}`. */
  readonly faults?: Readonly<Record<string, FaultMaker>>;
  /** Pages by name, such as `traffic`. */
  readonly pages?: Readonly<Record<string, AdminPage>>;
  /** What can be read at a path; undefined when there is nothing. */
  download?(path: string): Download | undefined;
  close(): Promise<void>;
}

/** Calls an operation in process, as a client would over the wire. */
export async function call<T extends object>(service: Service, name: string, input: object): Promise<T> {
  const operation = service.operations[name];
  if (!operation) throw new Error(`The ${service.id} service has no operation ${name}`);
  return (await operation(input)) as T;
}

/** What load balancers need to know of an instance. */
export interface Machine {
  readonly id: string;
  readonly zone: string;
  readonly state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';
  /** Loopback address of its own, such as `127.1.0.4`. */
  readonly address: string;
  readonly release: string;
}

/** The instances, as the load balancers see them. */
export interface Machines {
  find(id: string): Machine | undefined;
  /** Calls back after each change of state of an instance; returns the function that ends it. */
  watch(listener: (machine: Machine) => void): () => void;
}

/** Times of the sandbox, in milliseconds; all of them can be shorter than AWS's smallest. */
export interface SandboxTimes {
  /** From RunInstances to a running instance whose app listens. */
  readonly bootMs: number;
  /** From RegisterTargets to the first health check (`Elb.RegistrationInProgress`). */
  readonly registrationMs: number;
  /** How long requests may still reach a target after it was deregistered, or a rule after it was changed. */
  readonly propagationMs: number;
  /** How long describes may show the past. */
  readonly consistencyMs: number;
}

/** Times of commands that are run on instances, and of OpsWorks, in milliseconds. */
export interface LifecycleTimes {
  /** An instance's Setup and first Deploy recipes. */
  readonly setupMs: number;
  /** A deployment or a command, on one instance. */
  readonly deployMs: number;
  /** Shutdown recipes, and as long again until EC2 has stopped. */
  readonly shutdownMs: number;
  /** From the loss of an instance to its auto healing. AWS: five minutes. */
  readonly healMs: number;
}
