import { Session } from '../aws/session.ts';
import { systemClock } from '../clock.ts';
import type { BucketOfReleases } from '../releases/bucket.ts';
import { openBucket } from '../releases/index.ts';
import { readVersion } from './version.ts';

interface BucketSettings {
  readonly bucket: string;
  readonly prefix: string;
  readonly region?: string;
  readonly profile?: string;
  readonly endpoint?: string;
}

/** Without a lease: nothing in the bucket is changed but by compare-and-set, or by its only author. */
export function openReleases(settings: BucketSettings, run: string): BucketOfReleases {
  const { region, profile, endpoint } = settings;
  const session = new Session({
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
  return openBucket(session, settings);
}
