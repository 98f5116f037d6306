/** The interface between a service and the API endpoint: operations by name, with inputs and outputs in the SDK's shapes. */

/** An AWS error: the endpoint encodes it in the service's protocol. */
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

/** Details of an API request; absent when the operation is called within the process. */
export interface Call {
  /** Reads return the state as of this many milliseconds ago (eventual consistency, stale reads); 0 is the current state. */
  readonly lagMs: number;
  /** With which the request is signed. */
  readonly accessKey?: string;
}

/** Takes the decoded input and returns the output, both in the shape of the SDK's types. */
// oxlint-disable-next-line typescript/no-explicit-any -- the endpoint decodes by schema; each service narrows to the SDK's type
export type Operation = (input: any, call?: Call) => object | Promise<object>;

/** An operation of a service that keeps `S`; its input is the type of the SDK. */
export type StateOperation<S> = (state: S, input: never, call?: Call) => object | Promise<object>;

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

/** Starts a requested fault; returns a function that ends it. Throws an `ApiError` when the request is not valid. */
export type FaultMaker = (spec: Readonly<Record<string, unknown>>) => () => void;

/** An admin page at `/_turnout/<name>`, in JSON: GET reads, POST writes, DELETE resets. */
export interface AdminPage {
  readonly read?: () => unknown;
  readonly write?: (body: unknown) => unknown;
  readonly reset?: () => void;
}

/** A file that the endpoint serves beside the API, such as the log of a command. */
export interface Download {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface Service {
  readonly id: 'autoscaling' | 'cloudwatch' | 'ec2' | 'elbv2' | 'iam' | 'opsworks' | 'route53' | 's3' | 'ssm' | 'sts';
  readonly operations: Readonly<Record<string, Operation>>;
  /** What a dry run of an operation is refused for, beside the permission. Throws `ApiError`. */
  readonly checks?: Readonly<Record<string, Operation>>;
  /** Faults that are specific to the service, by kind, such as `drain`; started with `POST /_turnout/faults {"kind": "drain", ...}`. */
  readonly faults?: Readonly<Record<string, FaultMaker>>;
  /** Admin pages by name, such as `traffic`. */
  readonly pages?: Readonly<Record<string, AdminPage>>;
  /** The file at a path, if there is one. */
  download?(path: string): Download | undefined;
  close(): Promise<void>;
}

/** Calls an operation within the process, without the wire protocol. */
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
  /** Its loopback address, such as `127.1.0.4`. */
  readonly address: string;
  readonly release: string;
}

/** The instances, as load balancers see them. */
export interface Machines {
  find(id: string): Machine | undefined;
  /** The one that has that private address. */
  at(address: string): Machine | undefined;
  /** Calls `listener` after each state change of an instance; returns a function that unsubscribes it. */
  watch(listener: (machine: Machine) => void): () => void;
}

/** Times of the sandbox, in milliseconds; all of them can be shorter than AWS's minimum. */
export interface SandboxTimes {
  /** From RunInstances to a running instance whose app listens. */
  readonly bootMs: number;
  /** From RegisterTargets to the first health check (`Elb.RegistrationInProgress`). */
  readonly registrationMs: number;
  /** How long requests still reach a target after its deregistration, or use a rule after its change. */
  readonly propagationMs: number;
  /** How old the state is that reads return. */
  readonly consistencyMs: number;
  /** From the end of a period to the point of its metrics. */
  readonly metricsMs: number;
  /** How long a request and its answer travel together. */
  readonly latencyMs: number;
}

/** Times of commands on instances, and of OpsWorks, in milliseconds. */
export interface LifecycleTimes {
  /** An instance's Setup and first Deploy recipes. */
  readonly setupMs: number;
  /** A deployment or a command, on one instance. */
  readonly deployMs: number;
  /** Shutdown recipes; stopping the EC2 instance takes as long again. */
  readonly shutdownMs: number;
  /** From the loss of an instance to its auto healing. On AWS: five minutes. */
  readonly healMs: number;
}
