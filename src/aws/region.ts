import type { SessionOptions } from './session.ts';

/**
 * The region that requests go to, as the SDK finds it: config, AWS_REGION, or the profile's. Undefined when nothing says it, and
 * then every request fails.
 */
export async function regionOf({
  region,
  profile,
}: Pick<SessionOptions, 'region' | 'profile'>): Promise<string | undefined> {
  const known = region ?? (process.env['AWS_REGION'] || undefined);
  if (known !== undefined) return known;
  const sdk = await import('@smithy/core/config');
  const options = { ...sdk.NODE_REGION_CONFIG_FILE_OPTIONS, ...(profile !== undefined && { profile }) };
  return sdk
    .loadConfig(sdk.NODE_REGION_CONFIG_OPTIONS, options)()
    .catch(() => undefined);
}
