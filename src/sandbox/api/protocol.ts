import type { ApiError } from '../service.ts';
import type { OperationSchema } from './schemas.ts';

/** A request as it came in, its body read. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** One way of putting operations on the wire. */
export interface Protocol {
  readonly contentType: string;
  /** Name of the operation asked for, or undefined when the request names none. */
  action(request: WireRequest): string | undefined;
  /** Throws an `ApiError` when a required member is missing or a value is malformed. */
  decode(operation: OperationSchema, request: WireRequest): Record<string, unknown>;
  encode(operation: OperationSchema, output: object, requestId: string): string;
  encodeError(error: ApiError, requestId: string): string;
  unknownAction(action: string, known: boolean): ApiError;
  unsigned(): ApiError;
  internal(message: string): ApiError;
}

/** What a client sees of an operation that AWS has and the sandbox hasn't. */
export const NOT_HERE = "turnout's sandbox does not implement it";
