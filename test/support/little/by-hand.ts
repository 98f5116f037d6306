import { isRefusal } from '../../../src/domain/goal.ts';
import { observe } from '../../../src/observe/observe.ts';
import { byHand, type ChangeRequest, type StepByHand } from '../../../src/run/task/by-hand.ts';
import { switchSettings } from '../../../src/steps/ports.ts';
import { rollback } from '../../../tasks/rollback.ts';
import { answer } from './api.ts';
import type { Kind } from './kinds.ts';
import { plainPorts } from './ports.ts';
import { LittleProcess } from './process.ts';
import type { Site } from './site.ts';
import type { State } from './state.ts';
import { LittleSession } from './wire.ts';

/** A person goes the way back by what `rollback --print` prints, without turnout. */

const LONGEST_MS = 3_600_000;

/** What is printed: each step with its requests, of which none was sent. */
async function printed({ cloud, clock, weather, gate }: Site, kind: Kind): Promise<readonly StepByHand[]> {
  const process = new LittleProcess('by-hand', clock);
  const asked: ChangeRequest[] = [];
  const wire = { cloud, weather, gate, process, onSend: () => {}, onArrival: () => () => {} };
  const options = { region: 'eu-west-1', maxAttempts: 8, requestsPerSecond: 5, version: '0', run: 'by-hand' };
  const session = new LittleSession(
    {
      ...options,
      clock: process.clock,
      changes: 'once',
      beforeChange: async () => Promise.reject(new Error('A change was sent.')),
      onThrottled: () => {},
      instead: (operation, input) => void asked.push({ operation, input }),
    },
    wire,
  );
  const { fleet, traffic } = kind.open(session, cloud.state, cloud);
  const ports = plainPorts(fleet, traffic, session, session.clock);
  const snapshot = await observe(ports);
  const since = new Date(ports.clock.now()).toISOString();
  const requestedBy = { run: 'by-hand', who: 'ann@desk', since };
  const resolve = async () => Promise.reject(new Error('The way back boots nothing.'));
  const goal = await rollback.pinGoal({
    snapshot,
    options: {},
    requestedBy,
    resolve,
    settings: switchSettings(ports),
  });
  const plan = isRefusal(goal) ? goal : rollback.plan(snapshot, goal);
  if (isRefusal(plan)) throw new Error(plan.message);
  return byHand(plan.steps, snapshot, async (act) => {
    asked.length = 0;
    await act(ports);
    return [...asked];
  });
}

/** Pastes one line after the other, and waits where the lines say so. */
export async function goBackByHand(site: Site, kind: Kind): Promise<readonly StepByHand[]> {
  let steps: readonly StepByHand[] | undefined;
  const printing = printed(site, kind).then((all) => (steps = all));
  await site.clock.until(() => steps !== undefined, LONGEST_MS);
  for (const { requests, healthy } of await printing) {
    for (const { operation, input } of requests) {
      const [, name = ''] = operation.split(':');
      site.watch.byHand(() => answer(site.cloud, { operation: name, input: { ...input } }, 0));
    }
    await site.clock.until(() => healthy.every((one) => isHealthy(site.cloud.state, one)), LONGEST_MS);
  }
  return printing;
}

function isHealthy({ groups }: State, { arn, targets }: StepByHand['healthy'][number]): boolean {
  const members = groups.get(arn.replace('arn:', ''))?.members;
  return targets.every(({ id }) => members?.get(id)?.health === 'healthy');
}
