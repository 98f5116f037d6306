import { Session } from '../aws/session.ts';
import { systemClock } from '../clock.ts';
import type { BucketOfReleases } from '../releases/bucket.ts';
import { openBucket, openBucketForGood } from '../releases/index.ts';
import { readVersion } from './version.ts';

interface BucketSettings {
  readonly bucket: string;
  readonly prefix: string;
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
}

/** Opens it for one command. */
export function openReleases(settings: BucketSettings, run: string): BucketOfReleases {
  return openBucket(connect(settings, run), settings);
}

/** Opens it for an instance that follows. */
export function followReleases(settings: BucketSettings, instance: string): BucketOfReleases {
  return openBucketForGood(() => connect(settings, instance), settings);
}

/** Without a lease: nothing in the bucket is changed but by compare-and-set, or by its only author. */
function connect({ region, profile, endpoint }: BucketSettings, run: string): Session {
  return new Session({
    region,
    profile,
    endpoint,
    maxAttempts: 5,
    changes: 'retried',
    requestsPerSecond: 20,
    version: readVersion(),
    run,
    clock: systemClock,
    beforeChange: async () => {},
    onThrottled: () => {},
  });
}
