import { accessSync, constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { badValue } from '../../tasks/options.ts';
import type { MarkerConfig } from '../config/config.ts';
import { messageOf, OperatorError } from '../errors.ts';
import { TrafficRecorder } from '../probe/traffic-recorder.ts';
import { TrafficProbe, type ProbeResult } from '../probe/probe.ts';
import { summarize, type TrafficSeen } from '../probe/seen.ts';
import { fetchOnce, wordsOf } from '../production/fetch.ts';
import { lookupAt } from '../production/lookup.ts';
import { readMarker } from '../production/marker.ts';
import type { RunEvent } from '../run/event.ts';
import type { Clients, Setup } from '../run/task/setup.ts';
import { reportHtml } from '../views/report/html.ts';
import type { Args } from './command.ts';
import type { Context } from './context.ts';

/** What `--watch-traffic`, `--fail-on-errors` and `--report` add to a run. */
export interface Watching {
  readonly clients?: Clients;
  /** The same setup, recorded for the report. */
  watched(setup: Setup): Setup;
  /** Called when the run is over. */
  end(): Promise<void>;
}

/** @throws OperatorError when the options are wrong, before anything starts */
export function watchingOf(args: Args, context: Context): Watching {
  const url = urlOf(args['watch-traffic'], args['fail-on-errors'] === true);
  const report = args['report'] as string | undefined;
  const { clock } = context.ports;
  for (const name of ['report', 'summary']) if (args[name] !== undefined) mustBeWritable(`--${name}`, args[name]);
  const recorder = report === undefined ? undefined : new TrafficRecorder<RunEvent>(clock);
  const probe = url === undefined ? undefined : probeOf(url, context);
  const clients = probe && clientsOf(url as string, probe, args['fail-on-errors'] === true);
  return {
    ...(clients && { clients }),
    watched: (setup) => (recorder === undefined ? setup : recorded(setup, recorder)),
    async end() {
      const seen = await clients?.end();
      if (recorder === undefined || report === undefined) return;
      const { run, config } = context;
      const all = { run, environment: config.environment, frames: recorder.frames, samples: probe?.samples ?? [] };
      await writeReport(report, reportHtml({ ...all, ...(seen && { seen }) }));
    },
  };
}

function urlOf(given: unknown, mustNotFail: boolean): string | undefined {
  const example = 'https://shop.example.com/';
  if (given === undefined && mustNotFail) {
    throw new OperatorError('usage', '--fail-on-errors needs --watch-traffic, which sends the requests.', {
      next: [`For example: --watch-traffic ${example} --fail-on-errors`],
    });
  }
  if (given === undefined || (typeof given === 'string' && /^https?:/.test(given) && URL.canParse(given))) return given;
  throw badValue('--watch-traffic', 'the URL of production, with http or https', given, example);
}

const TIMEOUT_MS = 5000;

/** With the config's marker responses are counted by release; without one all count as `answered`. */
function probeOf(url: string, { config: { marker }, ports: { clock } }: Context): TrafficProbe {
  const lookup = marker?.nameServers && { lookup: lookupAt(marker.nameServers) };
  const ask = async (): Promise<ProbeResult> =>
    fetchOnce({ url, timeoutMs: marker?.timeoutMs ?? TIMEOUT_MS, ...lookup }).then(
      (received) => outcomeOf(marker, received),
      (error: unknown) => ({ failed: wordsOf(error) }),
    );
  return new TrafficProbe({ clock, ask });
}

function outcomeOf(marker: MarkerConfig | undefined, received: Parameters<typeof readMarker>[1]): ProbeResult {
  if (marker !== undefined) return readMarker(marker, received);
  return received.status >= 400 ? { failed: `HTTP ${received.status}` } : { release: 'answered' };
}

/** Parts of the chart in the terminal. */
const PARTS = 48;

function clientsOf(url: string, probe: TrafficProbe, mustNotFail: boolean): Clients {
  let seen: Promise<TrafficSeen> | undefined;
  const end = async (): Promise<TrafficSeen> => {
    await probe.end();
    return summarize(url, probe.samples, PARTS);
  };
  return { mustNotFail, begin: () => probe.begin(), end: async () => (seen ??= end()) };
}

function recorded(setup: Setup, recorder: TrafficRecorder<RunEvent>): Setup {
  const { view, ports } = setup;
  return {
    ...setup,
    ports: { ...ports, traffic: recorder.watching(ports.traffic) },
    view: {
      ...view,
      emit: (event) => {
        recorder.record(event);
        view.emit(event);
      },
    },
  };
}

/** Checked before the switch rather than after it. */
function mustBeWritable(option: string, file: unknown): void {
  try {
    accessSync(dirname(String(file)), constants.W_OK);
  } catch (error) {
    throw badValue(option, `a file in a writable folder (${messageOf(error)})`, file, 'switch.html');
  }
}

async function writeReport(file: string, html: string): Promise<void> {
  await writeFile(file, html).catch((error: unknown) => {
    throw new OperatorError('no-report', `The report could not be written: ${messageOf(error)}.`, {
      next: ['What the run did is in the journal: `turnout history`.'],
    });
  });
}
