import { isIn, isRegistered, liveFleets, roleOf } from '../domain/roles.ts';
import { shareOf } from '../domain/routes.ts';
import type { Pool, Snapshot } from '../domain/snapshot.ts';
import type { Route } from '../domain/traffic.ts';
import { count, duration, list } from '../domain/text.ts';
import { residualOf, residualRequests } from '../domain/retention.ts';
import { hasServed } from '../domain/shares.ts';
import { routesByRole } from './status.ts';
import { ROLE_STYLES } from './status-pools.ts';
import { columns, type Paint, type Style } from './text.ts';

const BAR_WIDTH = 24;

/** The shares of each route, as a bar: `shop:443  ██████████░░  90 % 41 · 10 % 42`. */
export function routeLines(snapshot: Snapshot, paint: Paint): string[] {
  const routes = routesByRole(snapshot);
  if (routes.length === 0) return [];
  const rows = routes.map((route) => {
    const parts = snapshot.pools.filter((pool) => shareOf(route, pool.name) > 0);
    const ours = 100 - othersShare(route);
    const words = parts.map((pool) => `${percent((shareOf(route, pool.name) * ours) / 100)} ${inPool(snapshot, pool)}`);
    const others = ours < 100 ? [`${percent(100 - ours)} ${othersText(snapshot, route)}`] : [];
    const test = route.role === 'test' ? paint('dim', 'test') : '';
    return [
      `  ${route.name}`,
      bar(route, parts, snapshot, paint),
      [[...words, ...others].join(' · ') || (route.answers ?? NO_WEIGHT), test].join('  ').trim(),
    ];
  });
  return [paint('bold', 'Traffic'), ...columns(rows), ...residualLines(snapshot)];
}

const NO_WEIGHT = 'no target group has a weight';

/** In percent, of the whole route. */
function othersShare({ weights, othersWeight }: Route): number {
  const all = othersWeight + Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  return all === 0 ? 0 : (othersWeight / all) * 100;
}

/** `shop-canary, not in the config`. */
function othersText({ outside, pools }: Snapshot, { name }: Route): string {
  const seen = outside.state === 'seen' ? outside.routes.find((route) => route.name === name) : undefined;
  const others = Object.entries(seen?.weights ?? {}).filter(
    ([group, weight]) => weight > 0 && !pools.some((pool) => pool.name === group && pool.role !== 'other'),
  );
  return `${list(others.map(([group]) => group)) || 'other target groups'}, not in the config`;
}

/** Requests that still reach fleets that production has left: `  41 had 12 requests in the last 5 min`. */
function residualLines(snapshot: Snapshot): string[] {
  const residual = residualOf(snapshot);
  const left = liveFleets(snapshot).filter(
    (fleet) => hasServed(fleet) && residualRequests(snapshot, fleet) !== undefined,
  );
  if (residual.state === 'not-asked' || left.length === 0) return [];
  if (residual.state === 'unreadable')
    return [`  Requests that still reach what production has left are not known: ${residual.why}`];
  const { requests, withinS } = residual;
  return left.map(
    (fleet) =>
      `  ${fleet.release} had ${count(residualRequests(snapshot, fleet, requests) ?? 0, 'request')} in the last ${duration(withinS)}`,
  );
}

function percent(share: number): string {
  return `${String(Number(share.toFixed(1))).padStart(3)} %`;
}

/** Each pool's share in the colour of its fleet's role; the smallest share is still visible. */
function bar(route: Route, parts: readonly Pool[], snapshot: Snapshot, paint: Paint): string {
  const cells = parts.map(({ name }) => Math.max(1, Math.floor((shareOf(route, name) / 100) * BAR_WIDTH)));
  const longest = cells.indexOf(Math.max(...cells));
  const rest = BAR_WIDTH - cells.reduce((sum, n) => sum + n, 0);
  return parts
    .map((pool, index) => {
      const length = (cells[index] ?? 0) + (index === longest ? rest : 0);
      return paint(styleOf(snapshot, pool), (index === 0 ? '█' : '▒').repeat(length));
    })
    .join('');
}

function styleOf(snapshot: Snapshot, pool: Pool): Style {
  const fleet = liveFleets(snapshot).find((one) => isIn(pool, one));
  return fleet === undefined ? 'red' : ROLE_STYLES[roleOf(snapshot, fleet)];
}

/** `41 in shop-blue`. */
function inPool(snapshot: Snapshot, pool: Pool): string {
  const releases = liveFleets(snapshot)
    .filter((fleet) => isIn(pool, fleet))
    .map(({ release }) => release);
  if (releases.length > 0) return `${releases.join(' and ')} in ${pool.name}`;
  const { length } = pool.targets.filter(isRegistered);
  return `${pool.name}, ${length === 0 ? 'which is empty' : `whose ${count(length, 'server')} no fleet of this environment has`}`;
}
