import { refresh } from '../../observe/observe.ts';
import type { Details, Snapshot } from '../../domain/snapshot.ts';
import { drainingFrom, placesOf, running } from '../../domain/in-place.ts';
import { tokenOf } from '../../plan/meanings-in-place.ts';
import type { Step, StepOf } from '../../plan/step.ts';
import { isDelivery, type DeliveryStep } from '../deploys/deliveries.ts';
import type { Ports } from '../ports.ts';

/** Asks the deployer, or the instances themselves, where the step is about what they say. */
export async function observeStep(ports: Ports, snapshot: Snapshot, step: Step): Promise<Snapshot> {
  if (isDelivery(step)) return lookAtDeploy(ports, snapshot, step);
  if (step.do === 'check') return lookAtAnswers(ports, snapshot, step);
  if (step.do === 'leave') return lookForIdle(ports, snapshot, step);
  return snapshot;
}

function withDetails(snapshot: Snapshot, closer: Details): Snapshot {
  return { ...snapshot, closer: { ...snapshot.closer, ...closer } };
}

/** Once it has succeeded, what is noted on the tags is what counts. */
async function lookAtDeploy(ports: Ports, snapshot: Snapshot, step: DeliveryStep): Promise<Snapshot> {
  const report = await ports.inPlace.deliveries.look(snapshot, step);
  const others = (snapshot.closer?.deploys ?? []).filter(({ token }) => token !== tokenOf(step));
  const seen = withDetails(snapshot, { deploys: report === undefined ? others : [...others, report] });
  return report?.state === 'succeeded' ? refresh(ports, seen, { pools: [], fleets: 'all' }) : seen;
}

async function lookAtAnswers(ports: Ports, snapshot: Snapshot, step: StepOf<'check'>): Promise<Snapshot> {
  const probe = ports.inPlace.probe;
  const answers = await Promise.all(
    running(snapshot, step.instances).map(async (instance) => [
      instance.id,
      await probe.check(instance, instance.deploy?.release ?? instance.release ?? ''),
    ]),
  );
  return withDetails(snapshot, { answers: { ...snapshot.closer?.answers, ...Object.fromEntries(answers) } });
}

async function lookForIdle(ports: Ports, snapshot: Snapshot, step: StepOf<'leave'>): Promise<Snapshot> {
  const draining = running(snapshot, step.instances).filter(
    ({ id }) => placesOf(snapshot, id).length === 0 && drainingFrom(snapshot, id).length > 0,
  );
  const known = snapshot.closer?.drainingSince ?? {};
  const drainingSince = Object.fromEntries(draining.map(({ id }) => [id, known[id] ?? snapshot.at]));
  const seen = withDetails(snapshot, { drainingSince });
  const probe = ports.inPlace.probe;
  if (!probe.drains) return seen;
  const idle = await Promise.all(
    draining.map(async (instance) => ((await probe.isIdle(instance)) ? [instance.id] : [])),
  );
  return withDetails(seen, { idle: idle.flat() });
}

/** Looks in every target group for these instances, and reads again what that has found. */
export async function discoverTargetGroups(
  ports: Ports,
  snapshot: Snapshot,
  ids: readonly string[],
): Promise<Snapshot> {
  const known = new Set(snapshot.pools.map(({ name }) => name));
  const instances = running(snapshot, ids);
  const left = instances.flatMap((instance) => (instance.left ?? []).map(({ pool }) => pool));
  const names = [...new Set(left)].filter((name) => !known.has(name));
  const isNew = await ports.inPlace.widen({ instances, names });
  return isNew
    ? refresh(ports, { ...snapshot, pools: await ports.traffic.read() }, { pools: [], fleets: 'all' })
    : snapshot;
}
