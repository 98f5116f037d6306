import { randomUUID } from 'node:crypto';
import type {
  CreateHealthCheckRequest,
  GetHealthCheckRequest,
  HealthCheck as Shown,
  ListHealthChecksRequest,
} from '@aws-sdk/client-route-53';
import { z } from 'zod';
import { parse } from '../api/faults.ts';
import { ApiError, type FaultMaker, type Operation } from '../service.ts';
import { bareId } from './changes.ts';
import { invalidInput, route53NotFound } from './errors.ts';
import type { HealthCheck, Route53State } from './model.ts';
import { pageSizeOf } from './paging.ts';

const LIST_MAX = 100;

/** Health checks send no requests here: they pass, unless the fault `health-check` says otherwise. */
export function healthCheckOperations(names: Route53State): Record<string, Operation> {
  return {
    CreateHealthCheck: (input: CreateHealthCheckRequest) => {
      const check = create(names, input);
      return {
        HealthCheck: shown(check),
        Location: `https://route53.amazonaws.com/2013-04-01/healthcheck/${check.id}`,
      };
    },
    GetHealthCheck: ({ HealthCheckId }: GetHealthCheckRequest) => ({
      HealthCheck: shown(checkOf(names, HealthCheckId)),
    }),
    GetHealthCheckStatus: ({ HealthCheckId }: GetHealthCheckRequest) => status(names, checkOf(names, HealthCheckId)),
    ListHealthChecks: (input: ListHealthChecksRequest) => list(names, input),
    // Allowed while records refer to it: HealthCheckInUse "is not in use" (API reference).
    DeleteHealthCheck: ({ HealthCheckId }: GetHealthCheckRequest) => {
      names.healthChecks.delete(checkOf(names, HealthCheckId).id);
      return {};
    },
  };
}

/** Throws `NoSuchHealthCheck`. */
export function checkOf(names: Route53State, id: string | undefined): HealthCheck {
  const check = names.healthChecks.get(bareId(id));
  if (!check) throw route53NotFound.healthCheck(bareId(id));
  return check;
}

function create(names: Route53State, input: CreateHealthCheckRequest): HealthCheck {
  const { CallerReference: callerReference = '', HealthCheckConfig: config } = input;
  if (!config) throw invalidInput('Invalid request: HealthCheckConfig is missing');
  const known = [...names.healthChecks.values()].find((check) => check.callerReference === callerReference);
  if (known && JSON.stringify(known.config) === JSON.stringify(config)) return known;
  if (known) {
    const message = 'A health check with the same caller reference and other settings already exists.';
    throw new ApiError('HealthCheckAlreadyExists', message, 409);
  }
  const check: HealthCheck = { id: randomUUID(), callerReference, config, tags: new Map(), failing: false };
  names.healthChecks.set(check.id, check);
  return check;
}

function shown({ id, callerReference, config }: HealthCheck): Shown {
  return { Id: id, CallerReference: callerReference, HealthCheckConfig: config, HealthCheckVersion: 1 };
}

function status(names: Route53State, { failing }: HealthCheck): object {
  const Status = failing ? 'Failure: Connection timed out.' : 'Success: HTTP Status Code 200, OK';
  const StatusReport = { Status, CheckedTime: new Date(names.clock.now()) };
  return { HealthCheckObservations: [{ Region: 'eu-west-1', IPAddress: '127.0.0.1', StatusReport }] };
}

function list(names: Route53State, { Marker: marker, MaxItems }: ListHealthChecksRequest): object {
  const all = [...names.healthChecks.values()];
  const size = pageSizeOf(names, MaxItems, LIST_MAX);
  const start = marker === undefined ? 0 : all.findIndex(({ id }) => id === marker);
  if (start < 0) throw invalidInput(`The marker ${marker} names no health check`);
  const next = all[start + size];
  return {
    HealthChecks: all.slice(start, start + size).map(shown),
    Marker: marker ?? '',
    IsTruncated: next !== undefined,
    ...(next && { NextMarker: next.id }),
    MaxItems: size,
  };
}

const failing = z.looseObject({ id: z.string() });

/** A health check that fails until the fault is ended. */
export function healthCheckFault(names: Route53State): FaultMaker {
  return (spec) => {
    const check = checkOf(names, parse(failing, spec).id);
    check.failing = true;
    return () => {
      check.failing = false;
    };
  };
}
