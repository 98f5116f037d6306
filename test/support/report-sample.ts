import type { Sample } from '../../src/probe/seen.ts';
import { summarize } from '../../src/probe/seen.ts';
import { reportHtml } from '../../src/views/report/html.ts';
import { AT, samples } from '../../tools/docs/samples.ts';

/** The page of a promote that was undone, with everything that a page can have. */
export function sampleReport(): string {
  const events = [
    samples.started,
    samples['step-started'],
    samples['step-done'],
    { ...samples['step-started'], index: 1 },
    { type: 'warning', message: 'i-1 fails a status check of EC2.' },
    { type: 'verdict', percent: 10, gate: 'errors', verdict: 'fail', why: '7 of 100 requests failed', dryRun: false },
    { type: 'step-failed', index: 1, message: 'i-0c1f7e2ab85d36940 is unhealthy: 503.', waiting: [] },
    { type: 'undoing', why: 'the gate errors says fail' },
    { ...samples.finished, result: 'undone', message: '41 serves production.', next: ['`turnout status` shows it'] },
  ].map((event, n) => ({ at: AT + n * 5000, event: event as (typeof samples)['started'] }));
  const pools = [
    { healthy: 3 },
    { healthy: 3, initial: 3 },
    { healthy: 6, unhealthy: 1 },
    { healthy: 3, draining: 3, unused: 1 },
  ].map((states, n) => ({ at: AT + n * 9000, pool: 'shop-production', states }));
  const weights = [0, 10, 50, 0].map((green, n) => {
    return {
      at: AT + n * 9000,
      route: 'shop:443',
      weights: { 'shop-blue-production': 100 - green, 'shop-green-production': green },
    };
  });
  const seen = Array.from({ length: 200 }, (_, n): Sample => {
    const at = AT + n * 200;
    const release = n > 60 && n % 3 === 0 ? '42' : '41';
    return n % 50 === 49 ? { at, ms: 40, failed: '503' } : { at, ms: 12 + (n % 7), release };
  });
  return reportHtml({
    run: 'r1',
    environment: 'shop',
    frames: [...events, ...pools, ...weights].toSorted((a, b) => a.at - b.at),
    samples: seen,
    seen: summarize('https://shop.example.com/a/rather/long/path/that/does/not/break', seen, 60),
  });
}
