import { OperatorError } from '../errors.ts';
import type { Objects } from './bucket.ts';

/**
 * The same bucket, by another connection each time that AWS has rejected the credentials. After the clock of an instance was set back by
 * hours the SDK takes the expired ones of its role for valid, and would never ask for others.
 */
export function withRenewal(open: () => Objects): Objects {
  let opened = open();
  const renewing =
    <A extends readonly unknown[], T>(call: (objects: Objects, ...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      try {
        return await call(opened, ...args);
      } catch (error) {
        if (error instanceof OperatorError && error.code === 'bad-credentials') opened = open();
        throw error;
      }
    };
  return {
    bucket: opened.bucket,
    read: renewing(async (objects, ...args: Parameters<Objects['read']>) => objects.read(...args)),
    describe: renewing(async (objects, ...args: Parameters<Objects['describe']>) => objects.describe(...args)),
    stream: renewing(async (objects, ...args: Parameters<Objects['stream']>) => objects.stream(...args)),
    write: renewing(async (objects, ...args: Parameters<Objects['write']>) => objects.write(...args)),
    overwrite: renewing(async (objects, ...args: Parameters<Objects['overwrite']>) => objects.overwrite(...args)),
    upload: renewing(async (objects, ...args: Parameters<Objects['upload']>) => objects.upload(...args)),
  };
}
