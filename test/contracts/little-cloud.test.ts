import { expect, test } from 'vitest';
import { CloudWatch } from '../../src/aws/cloudwatch.ts';
import { Ec2 } from '../../src/aws/ec2.ts';
import { Elbv2 } from '../../src/aws/elbv2.ts';
import { systemClock } from '../../src/clock.ts';
import { createEc2Fleet } from '../../src/fleets/ec2/index.ts';
import { behaviour } from '../../src/sandbox/instances/behaviour.ts';
import { createTargetGroups } from '../../src/traffic/target-groups.ts';
import { openSession } from '../support/aws.ts';
import { WorldClock } from '../support/little/clock.ts';
import { LittleCloud, type Times } from '../support/little/cloud.ts';
import { KINDS } from '../support/little/kinds.ts';
import { play, type Seen } from '../support/little/play.ts';
import { LittleProcess } from '../support/little/process.ts';
import { stage } from '../support/little/scene.ts';
import { LittleSession, Weather } from '../support/little/wire.ts';
import { quickSandbox } from '../support/quick-sandbox.ts';

/** The matrices are worth as much as their cloud: the same play is given in it and in the sandbox. */
const TIMES: Times = {
  bootMs: 300,
  shutdownMs: 300,
  registrationMs: 300,
  intervalS: 0.3,
  timeoutS: 0.2,
  deregistrationDelayS: 1.5,
};

async function inTheLittleCloud(): Promise<Seen> {
  const clock = new WorldClock();
  const start = stage({ start: 'blue', groups: 1, size: 2 });
  const cloud = new LittleCloud(clock, TIMES, start);
  const process = new LittleProcess('play', clock);
  const gate = { policies: undefined, used: new Set<string>() };
  const wire = { cloud, weather: new Weather(), gate, process, onSend: () => {}, onArrival: () => () => {} };
  const session = new LittleSession(
    {
      region: 'eu-west-1',
      maxAttempts: 4,
      requestsPerSecond: 1000,
      version: '0',
      run: 'play',
      clock: process.clock,
      changes: 'once',
      beforeChange: async () => {},
      onThrottled: () => {},
    },
    wire,
  );
  let seen: Seen | undefined;
  const playing = play({
    ...KINDS[0].open(session, start, cloud),
    clock: process.clock,
    production: 'prod-1',
    test: 'test',
    behave: (id, fit) => cloud.behave(id, fit),
    die: (id) => cloud.die(id),
  }).then((all) => (seen = all));
  await clock.until(() => seen !== undefined, 300_000);
  return playing;
}

async function inTheSandbox(): Promise<Seen> {
  const { bootMs: boot, shutdownMs: shutdown, registrationMs: registration } = TIMES;
  const healthCheck = { interval: TIMES.intervalS * 1000, timeout: TIMES.timeoutS * 1000 };
  const deregistrationDelay = TIMES.deregistrationDelayS * 1000;
  const sandbox = await quickSandbox({ instances: 2, boot, shutdown, registration, healthCheck, deregistrationDelay });
  try {
    const session = openSession(sandbox.url);
    const [production, trial] = [sandbox.production[0]!.name, sandbox.test[0]!.name];
    return await play({
      fleet: createEc2Fleet({
        owner: { environment: 'shop', tagPrefix: 'turnout' },
        config: { kind: 'ec2', tagPrefix: 'turnout', image: { name: 'shop-{release}' } },
        ec2: new Ec2(session),
        ssm: async () => Promise.reject(new Error('There is no SSM here.')),
        cloudwatch: async () => new CloudWatch(session),
      }),
      traffic: createTargetGroups(new Elbv2(session), {
        kind: 'target-groups',
        production: [{ targetGroup: production }],
        test: [{ targetGroup: trial }],
      }),
      clock: systemClock,
      production,
      test: trial,
      behave: (id, fit) => sandbox.instances.setBehaviour(id, fit ? undefined : behaviour('sick')),
      die: (id) => sandbox.instances.loseHost(id),
    });
  } finally {
    await sandbox.close();
  }
}

test('the little cloud shows the same states in the same order as the sandbox', async () => {
  const little = await inTheLittleCloud();
  expect(little['green-1 in production']).toEqual([
    '-',
    'initial Elb.RegistrationInProgress',
    'healthy',
    'unhealthy Target.ResponseCodeMismatch',
    'healthy',
  ]);
  const sandbox = await inTheSandbox();
  expect(Object.keys(sandbox).toSorted()).toEqual(Object.keys(little).toSorted());
  for (const [key, states] of Object.entries(sandbox)) {
    const expected = little[key] ?? [];
    // On a busy machine a state may pass unseen; none is another one, and all end alike.
    expect(deployOrder(states, expected), `${key}: ${states.join(', ')}; expected ${expected.join(', ')}`).toBe(true);
    expect(states.at(-1), key).toBe(expected.at(-1));
  }
}, 60_000);

/** Whether the few come in the order of the many. */
function deployOrder(few: readonly string[], many: readonly string[]): boolean {
  const rest = [...few];
  for (const one of many) if (rest[0] === one) rest.shift();
  return rest.length === 0;
}
