import { members } from '../domain/roles.ts';
import { goalData } from './json.ts';
import { fleetsByRole, healthOf, proofOf, routesByRole, rowsOf, type StatusReport } from './status.ts';
import { residualOf } from '../domain/retention.ts';
import { targetWords } from '../domain/text.ts';

/** `status` as data, for `--json`; docs/json.md describes it. */
export function statusData(report: StatusReport) {
  const { environment, snapshot, lease, goal, trouble, otherStore, verbs, rollback, last } = report;
  return {
    type: 'status' as const,
    environment,
    location: report.location ?? null,
    pools: snapshot.pools.map((pool) => ({
      name: pool.name,
      role: pool.role,
      urls: pool.urls,
      ...healthOf(pool.targets),
      targets: rowsOf(pool, snapshot).map(({ target, instance, fleet, role }) => ({
        id: target.id,
        port: target.port,
        zone: instance?.zone ?? null,
        fleet: fleet?.id ?? null,
        release: instance?.release ?? fleet?.release ?? null,
        role: role ?? null,
        state: target.state,
        reason: target.reason ?? null,
        words: targetWords(target, pool),
      })),
    })),
    routes: routesByRole(snapshot).map(({ name, role, url, weights, othersWeight, stickyS }) => ({
      name,
      role,
      url,
      weights,
      othersWeight,
      stickyS,
    })),
    residualTraffic: residualOf(snapshot),
    fleets: fleetsByRole(snapshot).map(({ fleet, role }) => ({
      id: fleet.id,
      release: fleet.release,
      role,
      marks: fleet.marks,
      instances: members(fleet).map(({ id, zone, state, launchedAt, release, left, deploy }) => ({
        id,
        zone,
        state,
        launchedAt: new Date(launchedAt).toISOString(),
        release: release ?? fleet.release,
        left: left ?? [],
        deploy: deploy ?? null,
      })),
    })),
    unmanaged: snapshot.unmanaged.map(({ id }) => id),
    unreadable: report.unreadable,
    rollback,
    proof: proofOf(report) ?? null,
    lease: lease ?? null,
    goal: goal ? goalData(goal) : null,
    trouble: trouble ?? null,
    otherStore: otherStore ?? null,
    movedByOthers: report.movedByOthers ?? null,
    verbs,
    last: last ?? null,
  };
}
