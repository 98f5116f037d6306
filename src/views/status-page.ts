import { ago, count, dateTime, list, targetWords } from '../domain/text.ts';
import { byRelease, UNMANAGED } from './status-releases.ts';
import { fleetsByRole, healthOf, routesByRole, rowsOf, type StatusReport } from './status.ts';
import type { Pool, Snapshot } from '../domain/snapshot.ts';
import type { JournalEntry } from '../stores/store.ts';
import { PAGE_STYLE } from './report/html.ts';
import { bar, escape, paintDefinitions, paintOf, tag } from './report/svg.ts';

/** `status` as a page of a browser, which changes nothing. All text of others is escaped. */

export interface StatusPage {
  readonly report: StatusReport;
  /** Titles of the steps that are left of the run under way, or of the one that did not end. */
  readonly steps: readonly string[];
  /** The newest first. */
  readonly history: readonly JournalEntry[];
}

const STYLE = `${PAGE_STYLE}
  table { width: 100%; } svg.share { display: block; width: 100%; height: 18px; border-radius: 3px; }
  .key { display: inline-block; margin-right: 1em; } .key svg { width: 12px; height: 12px; vertical-align: -1px; margin-right: .4em; }
  .quiet { color: var(--quiet); } #late { color: var(--bad); font-weight: 600; } section { margin-bottom: 1.6em; }`;

/** Asks for the state again and again, and says when nothing answers; the state has its time. */
const SCRIPT = `
  const late = document.getElementById('late'), state = document.getElementById('state');
  async function look() {
    try {
      const answer = await fetch('state', { cache: 'no-store' });
      if (!answer.ok) throw new Error(await answer.text());
      state.innerHTML = await answer.text();
      late.textContent = '';
    } catch {
      late.textContent = 'Not live: turnout does not answer. What is below was so then.';
    }
    window.setTimeout(look, 2000);
  }
  window.setTimeout(look, 2000);`;

/** The whole page. @param nonce the only style and script that run on it */
export function statusPage(shown: StatusPage, nonce: string): string {
  const title = escape(`${shown.report.environment} - turnout`);
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">',
    `<title>${title}</title><style nonce="${nonce}">${STYLE}</style></head><body>`,
    tag('svg', { width: 0, height: 0, 'aria-hidden': 'true' }, paintDefinitions()),
    tag('p', { id: 'late', role: 'alert' }),
    tag('main', { id: 'state' }, statusFragment(shown)),
    tag('footer', {}, 'Read only. It ends with Ctrl-C where it was started.'),
    `<script nonce="${nonce}">${SCRIPT}</script></body></html>`,
  ].join('\n');
}

/** What changes of it. */
export function statusFragment({ report, steps, history }: StatusPage): string {
  const { environment, snapshot } = report;
  const releases = [...new Set(snapshot.pools.flatMap((pool) => Object.keys(byRelease(pool, snapshot))))].toSorted();
  return [
    tag('h1', {}, escape(environment)),
    tag('p', { class: 'quiet' }, escape(`As of ${new Date(snapshot.at).toISOString().slice(11, 19)} UTC`)),
    ...warnings(report),
    section('Run', runLines(report, steps)),
    section('Releases', keys(releases) + fleetLines(report)),
    ...snapshot.pools.map((pool) => section(`${HEADS[pool.role]}: ${pool.name}`, poolTable(pool, snapshot, releases))),
    ...weightLines(report),
    section('History', historyTable(history, snapshot.at)),
  ].join('\n');
}

const HEADS: Readonly<Record<Pool['role'], string>> = {
  production: 'Production',
  test: 'Test',
  other: 'Not in the config',
};

function section(title: string, inner: string): string {
  return tag('section', {}, tag('h2', {}, escape(title)) + inner);
}

function warnings({ trouble, otherStore, movedByOthers, unreadable }: StatusReport): readonly string[] {
  const all = [trouble, otherStore, movedByOthers, ...unreadable].filter((one) => one !== undefined);
  return all.map((one) => tag('p', { class: 'failed' }, escape(one)));
}

function runLines({ lease, goal }: StatusReport, steps: readonly string[]): string {
  if (lease === undefined && goal === undefined) return tag('p', {}, 'No run is under way.');
  const items = steps.map((title, n) =>
    tag('li', {}, n === 0 && lease !== undefined ? `<b>${escape(title)}</b>` : escape(title)),
  );
  const who = lease?.holder ?? goal?.goal;
  const what = [who?.verb, who?.release].filter((word) => word !== undefined).join(' ');
  const done = goal === undefined ? '' : `; ${goal.stepsDone} of ${count(goal.stepsAll, 'step')} done`;
  const head =
    lease === undefined
      ? `${what} did not end${done}. Left: ${list(steps.slice(0, 1))}`
      : `${what} by ${who?.who}${done}. Now: ${lease.doing}`;
  return tag('p', { class: lease === undefined ? 'interrupted' : '' }, escape(head)) + tag('ol', {}, items.join(''));
}

function keys(releases: readonly string[]): string {
  const mark = (release: string): string =>
    tag('svg', { viewBox: '0 0 12 12' }, bar(0, 0, 12, 12, paintOf(release, releases), release));
  return tag(
    'p',
    {},
    releases.map((release) => tag('span', { class: 'key' }, mark(release) + escape(release))).join(''),
  );
}

function fleetLines({ snapshot }: StatusReport): string {
  const rows = fleetsByRole(snapshot).map(({ fleet, role }) => [
    fleet.release,
    role,
    count(fleet.instances.length, 'instance'),
  ]);
  return table(rows);
}

function poolTable(pool: Pool, snapshot: Snapshot, releases: readonly string[]): string {
  const { healthy, registered } = healthOf(pool.targets);
  const rows = rowsOf(pool, snapshot).map(({ target, instance, fleet, role }) => [
    fleet === undefined ? UNMANAGED : `${instance?.release ?? fleet.release} ${role ?? ''}`,
    target.id,
    instance?.zone ?? '',
    targetWords(target, pool),
  ]);
  const urls = pool.urls.map((url) => escape(url)).join(' ');
  return [
    shares(byRelease(pool, snapshot), releases),
    tag('p', {}, `${healthy} of ${registered} healthy <span class="quiet">${urls}</span>`),
    table(rows),
  ].join('');
}

function weightLines({ snapshot }: StatusReport): readonly string[] {
  const routes = routesByRole(snapshot);
  const names = [...new Set(routes.flatMap(({ weights }) => Object.keys(weights)))].toSorted();
  const lines = routes.map(({ name, role, weights }) => {
    const said = Object.entries(weights).map(([pool, weight]) => `${pool} ${weight}`);
    return tag('p', {}, escape(`${name} (${role}): ${said.join(', ')}`)) + shares(weights, names);
  });
  return lines.length === 0 ? [] : [section('Weights', keys(names) + lines.join(''))];
}

/** A bar in parts. */
function shares(parts: Readonly<Record<string, number>>, all: readonly string[]): string {
  const whole = Object.values(parts).reduce((sum, n) => sum + n, 0);
  let x = 0;
  const bars = Object.entries(parts).map(([name, n]) => {
    const width = whole === 0 ? 0 : (1000 * n) / whole;
    x += width;
    return n === 0 ? '' : bar(x - width, 0, width, 18, paintOf(name, all), `${name}: ${n}`);
  });
  return tag(
    'svg',
    { class: 'share', viewBox: '0 0 1000 18', preserveAspectRatio: 'none', role: 'img' },
    bars.join(''),
  );
}

function historyTable(history: readonly JournalEntry[], now: number): string {
  if (history.length === 0) return tag('p', {}, 'No runs yet.');
  const rows = history.map(({ since, verb, release = '', who, outcome, message }) => [
    `${dateTime(Date.parse(since))}, ${ago((now - Date.parse(since)) / 1000)}`,
    `${verb} ${release}`,
    who,
    outcome,
    message,
  ]);
  return table(rows);
}

function table(rows: readonly (readonly string[])[]): string {
  const lines = rows.map((cells) => tag('tr', {}, cells.map((cell) => tag('td', {}, escape(cell))).join('')));
  return tag('div', { class: 'scroll' }, tag('table', {}, lines.join('')));
}
