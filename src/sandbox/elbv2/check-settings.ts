import type { CreateTargetGroupInput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { validationError, elbv2Unsupported } from './errors.ts';
import { statusMatcher } from './matcher.ts';
import type { CheckSettings } from './model.ts';

/** Defaults for instance targets (ALB user guide, "Health checks"). */
export const DEFAULT_CHECK: CheckSettings = {
  path: '/',
  port: 'traffic-port',
  intervalMs: 30_000,
  timeoutMs: 5_000,
  thresholds: { healthy: 5, unhealthy: 2 },
  matcher: '200',
};

export type CheckInput = Pick<
  CreateTargetGroupInput,
  | 'HealthCheckEnabled'
  | 'HealthCheckIntervalSeconds'
  | 'HealthCheckPath'
  | 'HealthCheckPort'
  | 'HealthCheckProtocol'
  | 'HealthCheckTimeoutSeconds'
  | 'HealthyThresholdCount'
  | 'Matcher'
  | 'UnhealthyThresholdCount'
>;

/** The settings with the changes applied. Throws `ValidationError` as ALB does, but allows shorter times. */
export function updatedCheckSettings(old: CheckSettings, input: CheckInput): CheckSettings {
  if (input.HealthCheckEnabled === false)
    throw validationError('Health check enabled must be true for target groups with target type instance');
  const { HealthCheckProtocol: protocol = 'HTTP' } = input;
  if (protocol !== 'HTTP') throw elbv2Unsupported(`health checks with the protocol '${protocol}'`);
  const next: CheckSettings = {
    path: input.HealthCheckPath ?? old.path,
    port: input.HealthCheckPort ?? old.port,
    intervalMs: within('Health check interval', input.HealthCheckIntervalSeconds, 300) ?? old.intervalMs,
    timeoutMs: within('Health check timeout', input.HealthCheckTimeoutSeconds, 120) ?? old.timeoutMs,
    thresholds: {
      healthy: threshold('Healthy', input.HealthyThresholdCount) ?? old.thresholds.healthy,
      unhealthy: threshold('Unhealthy', input.UnhealthyThresholdCount) ?? old.thresholds.unhealthy,
    },
    matcher: matcherIn(input) ?? old.matcher,
  };
  checkSettings(next);
  return next;
}

function checkSettings({ path, port, intervalMs, timeoutMs, matcher }: CheckSettings): void {
  if (timeoutMs >= intervalMs) throw validationError('Health check interval must be greater than the timeout.');
  if (!path.startsWith('/') || path.length > 1024)
    throw validationError(`Health check path '${path}' must begin with a '/' character`);
  const number = Number(port);
  if (port !== 'traffic-port' && !(Number.isInteger(number) && number >= 1 && number <= 65_535)) {
    throw validationError(`Health check port '${port}' must be 'traffic-port' or in the range 1-65535`);
  }
  statusMatcher(matcher);
}

function matcherIn({ Matcher: matcher }: CheckInput): string | undefined {
  if (matcher?.GrpcCode !== undefined) throw elbv2Unsupported('gRPC codes in a matcher');
  return matcher?.HttpCode;
}

/** Seconds (fractions are allowed) in milliseconds. */
function within(what: string, value: number | undefined, high: number): number | undefined {
  if (value === undefined) return undefined;
  if (!(value > 0 && value <= high))
    throw validationError(`${what} '${value}' must be in the range up to ${high} seconds`);
  return value * 1000;
}

function threshold(what: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 2 && value <= 10)) return value;
  throw validationError(`${what} threshold count '${value}' must be in the range 2-10`);
}
