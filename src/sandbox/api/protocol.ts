import type { ApiError } from '../service.ts';
import type { OperationSchema } from './schemas.ts';

/** A received request with its body. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly query: URLSearchParams;
  /** As text. */
  readonly body: string;
  /** As it was sent. */
  bytes(): Uint8Array;
}

export interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A wire protocol of AWS. */
export interface Protocol {
  readonly contentType: string;
  /** Name of the requested operation; undefined when there is none. REST protocols find it by the schemas of the SDK package. */
  action(request: WireRequest, client?: object): string | undefined;
  /** Throws an `ApiError` when a required member is missing or a value is malformed. */
  decode(operation: OperationSchema, request: WireRequest): Record<string, unknown>;
  encode(operation: OperationSchema, output: object, requestId: string): string | Uint8Array;
  /** Status and headers of a success. Default: 200 and no headers. */
  head?(operation: OperationSchema, output: object): Head;
  encodeError(error: ApiError, requestId: string): string;
  unknownAction(action: string, known: boolean): ApiError;
  unsigned(): ApiError;
  internal(message: string): ApiError;
}

/** Explanation in the error for an operation that the sandbox does not implement. */
export const NOT_IMPLEMENTED = "turnout's sandbox does not implement it";
