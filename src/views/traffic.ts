import type { TrafficSeen } from '../probe/seen.ts';
import { count } from '../domain/text.ts';
import { SPARKS, columns, cut, type Paint, type Style } from './text.ts';

const STYLES: readonly Style[] = ['blueBright', 'greenBright', 'yellow'];

/** What clients saw: counts, latencies, and a row of bars for each release, and for failures if there were any. */
export function trafficLines(seen: TrafficSeen, width: number, paint: Paint): string[] {
  const { requests, failed, latencyMs } = seen;
  const failedText = paint(failed > 0 ? 'red' : 'green', `${failed} failed`);
  const head = `${paint('bold', 'Clients')} of ${seen.url}: ${count(requests, 'request')}, ${failedText}; p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms, max ${latencyMs.max} ms`;
  const releases = [...new Set(seen.timeline.flatMap(({ releases: all }) => Object.keys(all)))].toSorted();
  const rows = releases.map((name, index) => {
    const answers = seen.timeline.map((part) => part.releases[name] ?? 0);
    return row(name, answers, paint, STYLES[index % STYLES.length] ?? 'bold');
  });
  const failures = seen.timeline.map((part) => part.failed);
  if (failed > 0) rows.push(row('failed', failures, paint, 'red'));
  return [head, ...columns(rows), ...seen.failures.map((why) => `  ${paint('red', cut(why, width - 2))}`)];
}

function row(name: string, counts: readonly number[], paint: Paint, style: Style): readonly string[] {
  const highest = Math.max(...counts, 1);
  const bars = counts.map((n) => (n === 0 ? ' ' : SPARKS[Math.ceil((n / highest) * SPARKS.length) - 1])).join('');
  const all = counts.reduce((sum, n) => sum + n, 0);
  return [`  ${name}`, paint(style, bars), String(all).padStart(6)];
}
