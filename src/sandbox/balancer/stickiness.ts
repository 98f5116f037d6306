/** ALB's stickiness cookies: for a target (AWSALB), and for a target group of a rule (AWSALBTG). */
export const TARGET_COOKIE = 'AWSALB';
export const GROUP_COOKIE = 'AWSALBTG';

/** AWSALB expires in the browser after 7 days, whatever the duration is (ALB user guide, "Sticky sessions"). */
const BROWSER_MS = 7 * 24 * 3_600_000;

/** A Set-Cookie header that pins the client to `value` until `until` (milliseconds since the epoch). */
export function stickyCookie(name: string, value: string, until: number, now: number): string {
  const encoded = Buffer.from(JSON.stringify([value, until])).toString('base64url');
  return `${name}=${encoded}; Expires=${new Date(now + BROWSER_MS).toUTCString()}; Path=/`;
}

/** The value to which a cookie pins the client; undefined if the cookie is missing, invalid or expired. */
export function pinnedValue(cookies: string | undefined, name: string, now: number): string | undefined {
  const pair = cookies?.split(';').find((cookie) => cookie.trim().startsWith(`${name}=`));
  if (pair === undefined) return undefined;
  try {
    const encoded = pair.slice(pair.indexOf('=') + 1).trim();
    const [value, until]: unknown[] = JSON.parse(Buffer.from(encoded, 'base64url').toString());
    return typeof value === 'string' && typeof until === 'number' && now < until ? value : undefined;
  } catch {
    return undefined;
  }
}
