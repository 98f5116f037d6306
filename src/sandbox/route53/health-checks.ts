import { randomUUID } from 'node:crypto';
import type {
  CreateHealthCheckRequest,
  GetHealthCheckRequest,
  HealthCheck as Shown,
  ListHealthChecksRequest,
} from '@aws-sdk/client-route-53';
import { z } from 'zod';
import { parseFault } from '../api/faults.ts';
import { ApiError, type FaultMaker, type Operation } from '../service.ts';
import { bareId } from './changes.ts';
import { invalidInput, route53NotFound } from './errors.ts';
import type { HealthCheckState, Route53State } from './model.ts';
import { pageSizeOf } from './paging.ts';

const LIST_MAX = 100;

/** Health checks send no requests: they pass, unless the fault `health-check` is active. */
export function healthCheckOperations(state: Route53State): Record<string, Operation> {
  return {
    CreateHealthCheck: (input: CreateHealthCheckRequest) => {
      const check = create(state, input);
      return {
        HealthCheck: healthCheckShape(check),
        Location: `https://route53.amazonaws.com/2013-04-01/healthcheck/${check.id}`,
      };
    },
    GetHealthCheck: ({ HealthCheckId }: GetHealthCheckRequest) => ({
      HealthCheck: healthCheckShape(healthCheckOf(state, HealthCheckId)),
    }),
    GetHealthCheckStatus: ({ HealthCheckId }: GetHealthCheckRequest) =>
      status(state, healthCheckOf(state, HealthCheckId)),
    ListHealthChecks: (input: ListHealthChecksRequest) => list(state, input),
    // Allowed while records use it (Route 53 API, DeleteHealthCheck: AWS does not return HealthCheckInUse).
    DeleteHealthCheck: ({ HealthCheckId }: GetHealthCheckRequest) => {
      state.healthChecks.delete(healthCheckOf(state, HealthCheckId).id);
      return {};
    },
  };
}

/** Throws `NoSuchHealthCheck`. */
export function healthCheckOf(state: Route53State, id: string | undefined): HealthCheckState {
  const check = state.healthChecks.get(bareId(id));
  if (!check) throw route53NotFound.healthCheck(bareId(id));
  return check;
}

function create(state: Route53State, input: CreateHealthCheckRequest): HealthCheckState {
  const { CallerReference: callerReference = '', HealthCheckConfig: config } = input;
  if (!config) throw invalidInput('Invalid request: HealthCheckConfig is missing');
  const known = [...state.healthChecks.values()].find((check) => check.callerReference === callerReference);
  if (known && JSON.stringify(known.config) === JSON.stringify(config)) return known;
  if (known) {
    const message = 'A health check with the same caller reference and other settings already exists.';
    throw new ApiError('HealthCheckAlreadyExists', message, 409);
  }
  const check: HealthCheckState = { id: randomUUID(), callerReference, config, tags: new Map(), failing: false };
  state.healthChecks.set(check.id, check);
  return check;
}

function healthCheckShape({ id, callerReference, config }: HealthCheckState): Shown {
  return { Id: id, CallerReference: callerReference, HealthCheckConfig: config, HealthCheckVersion: 1 };
}

function status(state: Route53State, { failing }: HealthCheckState): object {
  const Status = failing ? 'Failure: Connection timed out.' : 'Success: HTTP Status Code 200, OK';
  const StatusReport = { Status, CheckedTime: new Date(state.clock.now()) };
  return { HealthCheckObservations: [{ Region: 'eu-west-1', IPAddress: '127.0.0.1', StatusReport }] };
}

function list(state: Route53State, { Marker: marker, MaxItems }: ListHealthChecksRequest): object {
  const all = [...state.healthChecks.values()];
  const size = pageSizeOf(state, MaxItems, LIST_MAX);
  const start = marker === undefined ? 0 : all.findIndex(({ id }) => id === marker);
  if (start < 0) throw invalidInput(`The marker ${marker} is not a health check`);
  const next = all[start + size];
  return {
    HealthChecks: all.slice(start, start + size).map(healthCheckShape),
    Marker: marker ?? '',
    IsTruncated: next !== undefined,
    ...(next && { NextMarker: next.id }),
    MaxItems: size,
  };
}

const failing = z.looseObject({ id: z.string() });

/** Makes a health check fail until the fault ends. */
export function healthCheckFault(state: Route53State): FaultMaker {
  return (spec) => {
    const check = healthCheckOf(state, parseFault(failing, spec).id);
    check.failing = true;
    return () => {
      check.failing = false;
    };
  };
}
