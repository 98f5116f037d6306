import { isIn, liveFleets, roleOf } from '../domain/roles.ts';
import { shareOf } from '../domain/routes.ts';
import type { Pool, Route, Snapshot } from '../domain/snapshot.ts';
import { count, duration } from '../domain/text.ts';
import { residualRequests } from '../domain/residual-traffic.ts';
import { hasServed } from '../domain/shares.ts';
import type { Paint, Style } from './paint.ts';
import { routesByRole } from './status.ts';
import { ROLE_STYLES } from './status-pools.ts';
import { columns, padLeft } from './text.ts';

const BAR_WIDTH = 24;

/** The shares of each route, as a bar: `shop:443  ██████████░░  90 % 41 · 10 % 42`. */
export function routeLines(snapshot: Snapshot, paint: Paint): string[] {
  const routes = routesByRole(snapshot);
  if (routes.length === 0) return [];
  const rows = routes.map((route) => {
    const parts = snapshot.pools.filter((pool) => shareOf(route, pool.name) > 0);
    const words = parts.map((pool) => `${percent(shareOf(route, pool.name))} ${inPool(snapshot, pool)}`);
    const test = route.role === 'test' ? paint('dim', 'test') : '';
    return [
      `  ${route.name}`,
      bar(route, parts, snapshot, paint),
      [words.join(' · ') || 'no target group', test].join('  ').trim(),
    ];
  });
  return [paint('bold', 'Traffic'), ...columns(rows), ...tailLines(snapshot)];
}

/** Requests that still reach fleets by old DNS answers: `  41 had 12 requests in the last 5 min`. */
function tailLines(snapshot: Snapshot): string[] {
  const { tail } = snapshot;
  if (tail === undefined) return [];
  const left = liveFleets(snapshot).filter(
    (fleet) => hasServed(fleet) && residualRequests(snapshot, fleet) !== undefined,
  );
  if (left.length > 0 && tail.unknown !== undefined)
    return [`  Unknown how many requests still come by old DNS answers: ${tail.unknown}`];
  return left.map(
    (fleet) =>
      `  ${fleet.release} had ${count(residualRequests(snapshot, fleet) ?? 0, 'request')} in the last ${duration(tail.withinS)}`,
  );
}

function percent(share: number): string {
  return `${padLeft(String(Number(share.toFixed(1))), 3)} %`;
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
  return releases.length === 0 ? `${pool.name}, which is empty` : `${releases.join(' and ')} in ${pool.name}`;
}
