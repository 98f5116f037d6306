import type { DnsQuestion, DnsReply } from './answer.ts';

/** Counts of queries, and of the answers by name and type. */
export interface DnsReport {
  readonly queries: number;
  readonly answers: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface DnsCounters {
  add(question: DnsQuestion, reply: DnsReply): void;
  report(): DnsReport;
  reset(): void;
}

/** Maximum number of distinct questions; others are only included in the total. */
const QUESTIONS_MAX = 1000;

const RCODES = ['NODATA', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

export function createDnsCounters(): DnsCounters {
  let queries = 0;
  let answers = new Map<string, Map<string, number>>();
  return {
    add({ name, type }, reply) {
      queries += 1;
      const key = `${name.toLowerCase()} ${type}`;
      if (!answers.has(key) && answers.size >= QUESTIONS_MAX) return;
      const counts = answers.get(key) ?? new Map<string, number>();
      const text = textOf(reply);
      answers.set(key, counts.set(text, (counts.get(text) ?? 0) + 1));
    },
    report: () => ({
      queries,
      answers: Object.fromEntries([...answers].map(([key, counts]) => [key, Object.fromEntries(counts)])),
    }),
    reset() {
      queries = 0;
      answers = new Map();
    },
  };
}

function textOf({ rcode, answers }: DnsReply): string {
  const data = answers.flatMap((answer) => ('data' in answer ? [answer.data] : []));
  if (data.length === 0) return RCODES[rcode] ?? String(rcode);
  return data.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' ');
}
