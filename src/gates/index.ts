import type { CloudWatch } from '../aws/cloudwatch.ts';
import type { GateConfig, GatingConfig, MarkerConfig } from '../config/config.ts';
import type { AlarmState, Gate, GateKind, GateOfKind, Gating, Judged } from '../domain/gates.ts';
import { inconclusive } from '../domain/verdicts.ts';
import { messageOf } from '../errors.ts';
import { TrafficProbe, type ProbeResult } from '../probe/probe.ts';
import { fetchOnce, wordsOf } from '../production/fetch.ts';
import { lookupAt } from '../production/lookup.ts';
import { readMarker, releaseIn } from '../production/marker.ts';
import { judgeAlarm } from './alarm.ts';
import { judgeCommand, type CommandTools } from './command.ts';
import type { GatePort, Occasion } from './gates.ts';
import { judgePrometheus, judgeWebhook } from './http.ts';
import { judgeMetric } from './metric.ts';
import { judgeProbe } from './probe.ts';

export interface GateTools extends Omit<CommandTools, 'onOutput'> {
  readonly environment: string;
  /** What every program of a run gets in its environment. */
  readonly variables: () => Readonly<Record<string, string>>;
  readonly marker?: MarkerConfig;
  readonly cloudwatch: () => Promise<Pick<CloudWatch, 'points' | 'alarms'>>;
  readonly onOutput: (line: string) => void;
}

type Asking<K extends GateKind> = (
  how: Extract<GateConfig, { kind: K }>,
  gate: GateOfKind<K>,
  occasion: Occasion,
) => Judged | Promise<Judged>;
type Kinds = { readonly [K in GateKind]: Asking<K> };

/** The gates of the config. */
export function createGates(config: GatingConfig, tools: GateTools): GatePort {
  const { gates } = config;
  const clients = new Clients(tools);
  const alarms = async (names: readonly string[]): Promise<readonly AlarmState[]> =>
    (await tools.cloudwatch()).alarms(names);
  const kinds: Kinds = {
    probe: (how, gate, occasion) => judgeProbe(gate, clients.at(how.url), occasion),
    metric: async (_how, gate, occasion) => judgeMetric(gate, occasion, await tools.cloudwatch()),
    alarm: async (how) => judgeAlarm((await alarms([how.alarm]))[0]!),
    command: async (how, _gate, occasion) => judgeCommand(how, variablesOf(how, occasion, tools), tools),
    prometheus: async (how, _gate, occasion) => judgePrometheus(how, (text) => filled(text, occasion)),
    webhook: async (how, _gate, occasion) => judgeWebhook(how, dataOf(how, occasion, tools)),
  };
  const ask = async (how: GateConfig, gate: Gate, occasion: Occasion): Promise<Judged> =>
    (kinds[how.kind] as Asking<GateKind>)(how, gate, occasion);
  return {
    gating: configuredGating(config),
    judge: async (gate, occasion) => {
      const how = gates.find(({ name }) => name === gate.name);
      if (how === undefined) return inconclusive('the config has no such gate');
      return ask(how, gate, occasion).catch((error: unknown) => inconclusive(messageOf(error)));
    },
    alarms,
    end: async () => clients.end(),
  };
}

/** What plans know of them: without what may be secret, and without programs. */
function configuredGating({ gates, onInconclusive, bakeMs }: GatingConfig): Gating {
  const known = gates.map((gate): Gate => {
    const { name, dryRun } = gate;
    if (gate.kind === 'alarm') return { name, dryRun, kind: gate.kind, alarm: gate.alarm };
    if (gate.kind !== 'probe' && gate.kind !== 'metric') return { name, dryRun, kind: gate.kind };
    const { kind, rise, max, latency } = gate;
    return { name, dryRun, kind, rise, ...(max !== undefined && { max }), ...(latency !== undefined && { latency }) };
  });
  return { gates: known, onInconclusive, ...(bakeMs !== undefined && { bakeS: bakeMs / 1000 }) };
}

/** The clients of the run, one a URL; each begins when it is first asked about. */
class Clients {
  readonly #tools: GateTools;
  readonly #probes = new Map<string, TrafficProbe>();

  constructor(tools: GateTools) {
    this.#tools = tools;
  }

  at(url: string) {
    const probe = this.#probes.get(url) ?? new TrafficProbe({ clock: this.#tools.clock, ask: this.#ask(url) });
    this.#probes.set(url, probe);
    probe.begin();
    return probe.samples;
  }

  async end(): Promise<void> {
    await Promise.all([...this.#probes.values()].map(async (probe) => probe.end()));
  }

  /** A failed answer may name its release, too. */
  #ask(url: string): () => Promise<ProbeResult> {
    const { marker } = this.#tools;
    if (marker === undefined) throw new Error('A probe needs a marker.');
    const { timeoutMs, nameServers } = marker;
    const lookup = nameServers && { lookup: lookupAt(nameServers) };
    return async () =>
      fetchOnce({ url, timeoutMs, ...lookup }).then(
        (received) => {
          const read = readMarker(marker, received);
          if ('release' in read) return read;
          const release = releaseIn(marker, received);
          return release === undefined ? read : { ...read, release };
        },
        (error: unknown) => ({ failed: wordsOf(error) }),
      );
  }
}

function dataOf(
  { name }: GateConfig,
  { green, blue, percent, since, now, seconds }: Occasion,
  { environment }: GateTools,
): Readonly<Record<string, unknown>> {
  const before = blue === undefined ? {} : { before: blue.release };
  const passed = Math.round((now - since) / 1000);
  return { environment, gate: name, release: green.release, ...before, percent, seconds: passed, of: seconds };
}

function variablesOf(gate: GateConfig, occasion: Occasion, tools: GateTools): Readonly<Record<string, string>> {
  return {
    ...tools.variables(),
    TURNOUT_GATE: gate.name,
    TURNOUT_RELEASE: occasion.green.release,
    TURNOUT_BEFORE: occasion.blue?.release ?? '',
    TURNOUT_PERCENT: String(occasion.percent),
    TURNOUT_SINCE: new Date(occasion.since).toISOString(),
    TURNOUT_SECONDS: String(Math.round((occasion.now - occasion.since) / 1000)),
  };
}

function filled(text: string, { green, blue }: Occasion): string {
  return text.replaceAll('{release}', green.release).replaceAll('{before}', blue?.release ?? '');
}
