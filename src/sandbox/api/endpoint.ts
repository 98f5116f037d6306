import { randomUUID } from 'node:crypto';
import { messageOf } from '../../errors.ts';
import { ApiError, type Call, type Operation, type Service } from '../service.ts';
import { accessKeyOf, isSigned, isTooSkewed, type ServiceProtocol } from './service-protocols.ts';
import type { ApiFault, ApiFaultKind, Faults } from './faults.ts';
import type { Head, WireRequest } from './protocol.ts';
import { operationSchema, type OperationSchema } from './schemas.ts';
import type { EmulatedIam } from '../iam/index.ts';
import { s3Errors } from '../s3/errors.ts';
import type { Throttle } from './throttle.ts';
import { ownValue } from '../records.ts';

export interface EndpointOptions {
  readonly services: readonly Service[];
  readonly faults: Faults;
  readonly throttle: Throttle;
  /** Why IAM denies a request; undefined where it allows it. */
  readonly denial: EmulatedIam['denial'];
  /** How old the state is that reads return, in milliseconds; evaluated for each request. */
  readonly consistencyMs: () => number;
  /** How long a request takes to get here; the answer takes as long. */
  readonly wayMs: () => number;
  /** Age of the endpoint: reads never return state from before its start. */
  readonly ageMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The response to the client; with `reset` the connection is closed instead. */
export interface ApiResponse {
  readonly operation: string;
  readonly status: number;
  readonly headers?: Head['headers'];
  readonly contentType: string;
  readonly body: string | Uint8Array;
  readonly requestId: string;
  readonly code?: string;
  readonly faults: readonly ApiFaultKind[];
  readonly reset: boolean;
}

interface EncodedResponse {
  readonly status: number;
  readonly headers?: Head['headers'];
  readonly body: string | Uint8Array;
  readonly code?: string;
}

/** A request before it is validated. */
interface RequestContext {
  readonly operation: string;
  /** The package whose schemas describe the service. */
  readonly client: object | undefined;
  readonly triggerFaults: () => readonly ApiFault[];
  readonly requestId: string;
}

/** Handles one request of an AWS client. Never throws: every failure becomes an error response of the service. */
export async function handleRequest(
  options: EndpointOptions,
  serviceProtocol: ServiceProtocol,
  request: WireRequest,
): Promise<ApiResponse> {
  const requestId = randomUUID();
  const { protocol } = serviceProtocol;
  const client = await serviceProtocol.client?.();
  const operation = protocol.action(request, client) ?? '';
  let faults: readonly ApiFault[] = [];
  const triggerFaults = () => (faults = options.faults.trigger(serviceProtocol.service, operation));
  const outcome = await attempt(options, serviceProtocol, request, {
    operation,
    client,
    triggerFaults: triggerFaults,
    requestId,
  }).catch((error: unknown): EncodedResponse => {
    const known = error instanceof ApiError ? error : protocol.internal(`The sandbox failed: ${messageOf(error)}`);
    return { status: known.status, body: protocol.encodeError(known, requestId), code: known.code };
  });
  const kinds = faults.map((fault) => fault.kind);
  const reset = kinds.includes('reset') || kinds.includes('reset-after');
  return { ...outcome, operation, contentType: protocol.contentType, requestId, faults: kinds, reset };
}

async function attempt(
  options: EndpointOptions,
  serviceProtocol: ServiceProtocol,
  request: WireRequest,
  { operation: name, client, triggerFaults, requestId }: RequestContext,
): Promise<EncodedResponse> {
  const { protocol } = serviceProtocol;
  if (!isSigned(request)) throw protocol.unsigned();
  if (serviceProtocol.service === 's3' && isTooSkewed(request, options.now())) throw s3Errors.requestTimeTooSkewed();
  const schema = client && operationSchema(client, name);
  const run = operationOf(options.services, serviceProtocol, name);
  if (!schema || !run) throw protocol.unknownAction(name, schema !== undefined);
  if (!options.throttle.admit(serviceProtocol.service, name)) throw serviceProtocol.throttled();
  const faults = triggerFaults();
  await applyFaultsBefore(options, serviceProtocol, faults);
  const input = protocol.decode(schema, request);
  const accessKey = accessKeyOf(request);
  const denial = options.denial(accessKey, { service: serviceProtocol.service, operation: name, input });
  if (denial !== undefined) throw serviceProtocol.denied(denial);
  await refuseDryRun(options.services, serviceProtocol, schema, name, input);
  const output = await run(input, { ...callOf(options, name, faults), accessKey });
  applyFaultsAfter(serviceProtocol, faults);
  return { status: 200, ...protocol.head?.(schema, output), body: protocol.encode(schema, output, requestId) };
}

function operationOf(
  services: readonly Service[],
  serviceProtocol: ServiceProtocol,
  name: string,
): Operation | undefined {
  const service = services.find((candidate) => candidate.id === serviceProtocol.service);
  return service && ownValue(service.operations, name);
}

const READ = /^(Describe|Get|List)/;

function callOf(options: EndpointOptions, name: string, faults: readonly ApiFault[]): Call {
  if (!READ.test(name)) return { lagMs: 0 };
  const stale = faults.filter((fault) => fault.kind === 'stale').map((fault) => fault.ms);
  return { lagMs: Math.min(options.ageMs(), Math.max(options.consistencyMs(), ...stale)) };
}

/** EC2 looks at the parameters of a dry run, too. */
async function refuseDryRun(
  services: readonly Service[],
  { service: id }: ServiceProtocol,
  schema: OperationSchema,
  name: string,
  input: Record<string, unknown>,
): Promise<void> {
  if (input.DryRun !== true || !schema.input.isStructSchema()) return;
  const service = services.find((candidate) => candidate.id === id);
  await ownValue(service?.checks ?? {}, name)?.(input);
  throw new ApiError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
}

/** Applies the faults that prevent any effect of the request. */
async function applyFaultsBefore(
  options: EndpointOptions,
  serviceProtocol: ServiceProtocol,
  faults: readonly ApiFault[],
): Promise<void> {
  for (const fault of faults) {
    if (fault.kind === 'delay') await options.sleep(fault.ms);
    if (fault.kind === 'throttle') throw serviceProtocol.throttled();
    if (fault.kind === 'error' || fault.kind === 'reset') throw errorOf(serviceProtocol, fault);
  }
}

/** Applies the faults that hide an effect that took place. */
function applyFaultsAfter(serviceProtocol: ServiceProtocol, faults: readonly ApiFault[]): void {
  const fault = faults.find(({ kind }) => kind === 'error-after' || kind === 'reset-after');
  if (fault) throw errorOf(serviceProtocol, fault);
}

function errorOf(serviceProtocol: ServiceProtocol, fault: ApiFault): ApiError {
  const standard = serviceProtocol.protocol.internal(fault.message ?? 'An internal error has occurred');
  return fault.code === undefined ? standard : new ApiError(fault.code, standard.message, fault.status);
}
