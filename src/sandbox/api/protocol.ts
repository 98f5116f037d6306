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

export interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** One way of putting operations on the wire. */
export interface Protocol {
  readonly contentType: string;
  /** Name of the operation asked for, or undefined when the request names none. REST protocols find it by the client's schemas. */
  action(request: WireRequest, client?: object): string | undefined;
  /** Throws an `ApiError` when a required member is missing or a value is malformed. */
  decode(operation: OperationSchema, request: WireRequest): Record<string, unknown>;
  encode(operation: OperationSchema, output: object, requestId: string): string;
  /** Status and headers of a success; 200 and none when absent. */
  head?(operation: OperationSchema, output: object): Head;
  encodeError(error: ApiError, requestId: string): string;
  unknownAction(action: string, known: boolean): ApiError;
  unsigned(): ApiError;
  internal(message: string): ApiError;
}

/** What a client sees of an operation that AWS has and the sandbox hasn't. */
export const NOT_IMPLEMENTED = "turnout's sandbox does not implement it";
