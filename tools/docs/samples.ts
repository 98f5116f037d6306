import type { sandboxData } from '../../src/commands/sandbox.ts';
import { doctorData, type DoctorReport } from '../../src/views/doctor.ts';
import type { failedData } from '../../src/commands/status-all.ts';
import { followData } from '../../src/commands/follow.ts';
import { publishedData } from '../../src/commands/publish.ts';
import type { storeData } from '../../src/commands/store.ts';
import type { PlannedStep, RunEvent } from '../../src/run/event.ts';
import type { JournalEntry, Lease } from '../../src/stores/store.ts';
import { historyLine, jsonLine } from '../../src/views/json.ts';
import { lockData, type LockReport } from '../../src/views/lock.ts';

/** Lines for docs/json.md and for tests, without version and time. */

export const AT = Date.parse('2026-11-22T02:10:31Z');
const POOL = 'shop-production';

export type Sample<K extends RunEvent['type']> = Required<Extract<RunEvent, { type: K }>>;

export const step: Required<PlannedStep> = {
  do: 'register',
  title: 'register 3 instances of 42 with shop-production',
  fleet: 'f-42',
  pool: POOL,
  instances: ['i-0a', 'i-0b', 'i-0c'],
  seconds: 1,
  asks: false,
  healthyAfter: { [POOL]: 3 },
};

/** One of each event, with every field: the compiler demands them. */
export const samples: { readonly [K in RunEvent['type']]: Sample<K> } = {
  started: {
    type: 'started',
    run: '7f3a9c',
    environment: 'production',
    verb: 'promote',
    release: '42',
    who: 'alice@ci',
  },
  queued: {
    type: 'queued',
    place: 1,
    ahead: [
      {
        run: '261122-0207-k3f9',
        verb: 'promote',
        release: '42',
        who: 'alice@ci',
        since: '2026-11-22T02:07:31.000Z',
        holds: true,
        doing: 'wait until 3 instances of 42 are healthy in shop-production',
      },
    ],
  },
  planned: {
    type: 'planned',
    steps: [step],
    notes: ['shop-test keeps a deregistration delay of 300 s.'],
    healthyNow: { [POOL]: 3 },
    minimumHealthy: { [POOL]: 3 },
    seconds: 1,
    location: { account: '123456789012', region: 'eu-west-1' },
  },
  output: { type: 'output', line: 'release 42 is installed', instance: 'i-0a' },
  'step-started': { type: 'step-started', index: 0, title: step.title },
  'step-waiting': {
    type: 'step-waiting',
    index: 0,
    have: 2,
    want: 3,
    word: 'healthy',
    waiting: [{ id: 'i-0c', why: 'initial, first health check within 5 s' }],
  },
  'step-done': { type: 'step-done', index: 0, seconds: 6.2, already: false },
  'step-failed': {
    type: 'step-failed',
    index: 0,
    message: 'only 2 of 3 were healthy in shop-production after 60 s',
    waiting: [{ id: 'i-0c', why: 'unhealthy: health checks answered 503 (Target.ResponseCodeMismatch)' }],
  },
  verdict: {
    type: 'verdict',
    percent: 10,
    gate: 'errors',
    verdict: 'fail',
    why: '41 of 1200 requests (3.42 %) failed, and 12 of 10800 requests (0.11 %) of the release before (p = 1.2e-20)',
    numbers: { requests: 1200, failed: 41, blueRequests: 10_800, blueFailed: 12, needed: 1187 },
    dryRun: false,
  },
  warning: { type: 'warning', message: 'AWS throttles: it is asked less often.' },
  undoing: { type: 'undoing', why: '42 did not become healthy, so it is taken out of production again.' },
  traffic: {
    type: 'traffic',
    url: 'https://shop.example.com/',
    requests: 134,
    failed: 1,
    latencyMs: { p50: 12, p99: 41, max: 88 },
    timeline: [
      { at: AT, releases: { '41': 100 }, failed: 0 },
      { at: AT + 10_000, releases: { '42': 33 }, failed: 1 },
    ],
    failures: ['HTTP 503'],
  },
  finished: {
    type: 'finished',
    result: 'done',
    code: 'done',
    exitCode: 0,
    message: 'Production is on 42: 3/3 healthy in shop-production.',
    next: ['turnout rollback', 'turnout cleanup'],
    seconds: 13.4,
    awsRequests: 34,
    proven: 100,
    terminated: [{ release: '43', instances: 3, volumes: [{ id: 'vol-0123456789abcdef0', sizeGb: 100 }] }],
    run: '7f3a9c',
    release: '42',
    testUrls: ['http://test.shop.example.com:8081'],
  },
};

const LEASE: Required<Lease> = {
  holder: {
    run: '261122-0207-k3f9',
    who: 'alice@ci',
    host: 'ci',
    pid: 4711,
    verb: 'promote',
    release: '42',
    since: '2026-11-22T02:07:31.000Z',
  },
  fence: 12,
  doing: 'wait until 3 instances of 42 are healthy in shop-production',
  next: 'deregister 3 instances of 41 from shop-production',
  renewedAt: AT - 2_000,
  expiresAt: AT + 28_000,
  maybeExpired: true,
};

const RUN: JournalEntry = {
  run: '261122-0150-7f3a',
  verb: 'up',
  release: '42',
  who: 'alice@ci',
  host: 'ci',
  since: '2026-11-22T01:50:00.000Z',
  until: '2026-11-22T02:10:31.000Z',
  outcome: 'done',
  message: '42 is up: 3/3 healthy in shop-test.',
  awsRequests: 20,
};

const LOCK: LockReport = { environment: 'production', store: 'dynamodb', at: AT, lease: LEASE, queue: [] };

const SANDBOX: ReturnType<typeof sandboxData> = {
  type: 'sandbox-ready',
  environment: 'sandbox',
  endpoint: 'http://127.0.0.1:4566',
  region: 'eu-west-1',
  exports: { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566', AWS_REGION: 'eu-west-1' },
  dns: '127.0.0.1:5353',
  names: [],
  urls: { production: ['http://127.0.0.1:8080'], test: ['http://127.0.0.1:8081'] },
};

const STORE: ReturnType<typeof storeData> = { type: 'store', kind: 'dynamodb', created: true };

const DOCTOR: DoctorReport = {
  environment: 'production',
  location: { account: '123456789012', region: 'eu-west-1' },
  findings: [
    { topic: 'store', state: 'ok', says: 'DynamoDB table turnout: the lease was taken and given back.', next: [] },
    {
      topic: 'target groups',
      state: 'failure',
      code: 'unused-target-group',
      says: 'No listener and no rule forwards to shop-test: no test traffic would reach it, and ELB checks no health there.',
      next: ['Or name a group that is in use under `traffic.test` in the config.'],
    },
  ],
};

const FAILED: ReturnType<typeof failedData> = {
  type: 'status-failed',
  file: 'config/staging.yml',
  code: 'no-credentials',
  message: 'No AWS credentials were found.',
};

/** Lines of other commands. */
export const commandSamples: Readonly<Record<string, string>> = {
  doctor: jsonLine(doctorData(DOCTOR), AT),
  history: historyLine(RUN),
  lock: jsonLine(lockData(LOCK), AT),
  sandbox: jsonLine(SANDBOX, AT),
  'status --all': jsonLine(FAILED, AT),
  publish: jsonLine(publishedData({ release: '42', sha256: '7d865e95…', size: 18_304_112, uploaded: true }), AT),
  follow: jsonLine(followData('i-05e91d0c7b3a2f846', '42 runs, and answers.'), AT),
  'store create': jsonLine(STORE, AT),
};
