import * as z from 'zod';

/** A type with `readonly` left out, of which schemas know nothing, and every field required, with a note if it was not. */
type Exact<T> = T extends readonly (infer U)[]
  ? { readonly list: Exact<U> }
  : T extends object
    ? {
        readonly [K in keyof T]-?: {
          readonly optional: object extends Pick<T, K> ? true : false;
          readonly type: Exact<T[K]>;
        };
      }
    : T;

/** True for types with the same fields, optional or required as in the other, and nothing more. */
type Same<A, B> = [Exact<A>, Exact<B>] extends [Exact<B>, Exact<A>] ? true : false;

/**
 * Takes a schema of `T`. A field that is missing, unknown, of another type, or optional in one of the two only is a
 * compile error.
 */
export function formatOf<T>() {
  return <S extends z.ZodType>(schema: Same<z.output<S>, T> extends true ? S : { readonly differsFrom: T }): S =>
    schema as S;
}

export const string = (meaning: string) => z.string().describe(meaning);
export const number = (meaning: string) => z.number().describe(meaning);
export const boolean = (meaning: string) => z.boolean().describe(meaning);
export const strings = (meaning: string) => z.array(z.string()).describe(meaning);
/** Numbers by name: of a pool, of a release. */
export const numbers = (meaning: string) => z.record(z.string(), z.number()).describe(meaning);
export const time = (meaning: string) => z.iso.datetime({ offset: false }).describe(`${meaning} (ISO 8601, UTC)`);
/** A string in the types, of which these values are known. */
export const oneOf = (values: readonly string[], meaning: string) =>
  z
    .string()
    .refine((value) => values.includes(value), { error: ({ input }) => `${String(input)} is not documented` })
    .describe(meaning);
export const optional = z.exactOptional;

/** Where an environment is. */
export const location = z
  .strictObject({
    account: z.string().describe('id of the AWS account'),
    region: z.string().describe('AWS region'),
    endpoint: z.exactOptional(z.string().describe('URL of what answers in place of AWS; absent when AWS does')),
  })
  .meta({ title: 'Location' });

/** The fields of each line. */
const envelope = {
  v: z.literal(1).describe('version of this format'),
  at: time('time of the event'),
};

/** A line as it is written. */
export function lineOf<T extends z.ZodRawShape>(fields: z.ZodObject<T>) {
  return fields.extend(envelope).strict();
}

export const keptVolumes = z.array(
  z.strictObject({
    id: string('id of the volume'),
    sizeGb: z.exactOptional(number('its size in GB; absent when it could not be read')),
  }),
);

export const terminated = z
  .array(
    z.strictObject({
      release: string('the release that it carried'),
      instances: number('how many instances'),
      volumes: z.exactOptional(keptVolumes.describe('volumes that AWS keeps; absent when there are none')),
    }),
  )
  .describe('the fleets that a `cleanup` has terminated; absent unless it is done');

/** What a gate says, in a run and in the journal. */
export const verdict = z.strictObject({
  percent: number('the share of production that the release had, in percent'),
  gate: string('name of the gate'),
  verdict: z
    .enum(['pass', 'fail', 'inconclusive'])
    .describe('`inconclusive`: the evidence does not suffice, or could not be read'),
  why: string('why, in words, with its numbers'),
  numbers: numbers(
    'what was counted: `requests` and `failed` of the release, `blueRequests` and `blueFailed` of the one before, `needed` requests, and so on',
  ),
  dryRun: boolean('whether it decides nothing'),
});

/** Results of `--watch-traffic` in the journal. */
export const clients = z
  .strictObject({
    url: string('the URL that was requested'),
    requests: number('how many requests were sent'),
    failed: number('how many of them failed'),
    latencyMs: z
      .strictObject({ p50: number('median'), p99: number('99th percentile'), max: number('maximum') })
      .describe('time until the response was complete, in milliseconds'),
    failures: strings('the first few different reasons for failed requests'),
  })
  .describe('what clients saw, with `--watch-traffic`');
