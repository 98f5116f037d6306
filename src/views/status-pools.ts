import type { Role } from '../domain/roles.ts';
import type { Pool, PoolRole, Snapshot, TargetState } from '../domain/snapshot.ts';
import { countByState, healthOf, rowsOf, type Row } from './status.ts';
import { columns, widthOf, wrap, type Paint, type Style } from './text.ts';
import { targetWords } from '../domain/text.ts';

/** A pool with more targets than this is summarized by state, and only targets that are not healthy are listed. */
const TARGETS_MAX = 12;
/** The maximum number of those. */
const UNHEALTHY_MAX = 20;

export const ROLE_STYLES: Readonly<Record<Role, Style>> = {
  blue: 'blueBright',
  green: 'greenBright',
  parked: 'dim',
  rejected: 'dim',
  retired: 'dim',
};

const HEADS: Readonly<Record<PoolRole, string>> = {
  production: 'Production',
  test: 'Test',
  other: 'Not in the config',
};

/** A target group and its targets, with state and reason. */
export function poolLines(
  pool: Pool,
  snapshot: Snapshot,
  width: number,
  paint: Paint,
  targetsMax = TARGETS_MAX,
): string[] {
  const { healthy, registered } = healthOf(pool.targets);
  const well = healthy === registered && healthy > 0;
  const none = pool.role === 'production' ? 'red' : 'yellow';
  const health = paint(well ? 'green' : healthy === 0 ? none : 'yellow', `${healthy}/${registered} healthy`);
  const head = [`${paint('bold', HEADS[pool.role])}  ${pool.name}`, health, paint('dim', pool.urls.join(' '))]
    .filter(Boolean)
    .join('  ');
  const rows = rowsOf(pool, snapshot);
  if (rows.length <= targetsMax) return [head, ...targetLines(rows, pool, width, paint)];
  const notHealthy = rows
    .filter(isNotHealthy)
    .toSorted((a, b) => WORST_FIRST.indexOf(a.target.state) - WORST_FIRST.indexOf(b.target.state));
  const more = notHealthy.length - UNHEALTHY_MAX;
  return [
    head,
    ...(rows.length > 0 ? wrap(byState(rows), width - 2).map((line) => `  ${line}`) : []),
    ...targetLines(notHealthy.slice(0, UNHEALTHY_MAX), pool, width, paint),
    ...(more > 0 ? [`  and ${more} more that are not healthy`] : []),
  ];
}

const WORST_FIRST: readonly TargetState[] = ['unhealthy', 'unavailable', 'unused', 'initial'];

/** A draining target is normal: it is counted, not listed. */
function isNotHealthy({ target }: Row): boolean {
  return WORST_FIRST.includes(target.state);
}

/** `42 green: 996 healthy, 4 initial · 41 blue: 1000 draining`. */
function byState(rows: readonly Row[]): string {
  const fleets = Map.groupBy(rows, ({ fleet, role }) => (fleet && role ? `${fleet.release} ${role}` : 'unmanaged'));
  return [...fleets].map(([name, those]) => `${name}: ${countByState(those.map(({ target }) => target))}`).join(' · ');
}

function targetLines(rows: readonly Row[], pool: Pool, width: number, paint: Paint): string[] {
  const left = columns(
    rows.map(({ target, instance, fleet, role }) => [
      `  ${target.id}`,
      instance?.zone ?? '?',
      `${instance?.release ?? fleet?.release ?? '?'} ${role ? paint(ROLE_STYLES[role], role) : paint('yellow', 'unmanaged')}`,
      '|',
    ]),
  ).map((line) => line.slice(0, -1));
  return rows.flatMap(({ target }, i) => {
    const words = targetWords(target, pool);
    const style = stateStyle(target.state);
    const start = left[i] ?? '';
    const room = width - widthOf(start);
    if (words.length <= room || !words.includes(': ')) return [start + paint(style, words)];
    const [state = '', ...reason] = words.split(': ');
    return [
      start + paint(style, state),
      ...wrap(reason.join(': '), width - 4).map((line) => `    ${paint(style, line)}`),
    ];
  });
}

function stateStyle(state: string): Style {
  if (state === 'healthy') return 'green';
  return state === 'unhealthy' || state === 'unavailable' ? 'red' : 'yellow';
}
