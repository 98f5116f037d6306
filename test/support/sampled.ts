/** All rows of matrices and all worlds of laws: `npm run test:whole`. Without it there is time for some of them. */
export const IS_WHOLE = process.env['TURNOUT_MATRIX'] === 'whole';

/** Every so manieth, beginning anywhere: other ones each time, so that all are looked at in the course of some runs. */
export function* sampled<T>(all: Iterable<T>, oneOf: number): Generator<T> {
  const step = IS_WHOLE ? 1 : oneOf;
  const first = Math.floor(Math.random() * step);
  let index = 0;
  for (const one of all) if (index++ % step === first) yield one;
}
