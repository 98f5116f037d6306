import { closedText } from '../domain/freeze.ts';
import { followProblem, followWord, type PullState } from '../domain/following.ts';
import { forgotten } from '../domain/idle.ts';
import { keptVolumesOf } from '../domain/kept-volumes.ts';
import { allPassedOver } from '../domain/passed-over.ts';
import { foreignRoutes } from '../domain/outside.ts';
import { previewFacts } from '../plan/preview.ts';
import { members, type Role } from '../domain/roles.ts';
import { outsideFacts } from '../plan/outsiders.ts';
import { goalData } from './json.ts';
import { fleetsByRole, healthOf, proofOf, routesByRole, rowsOf, type StatusReport } from './status.ts';
import { residualOf } from '../domain/retention.ts';
import type { FleetGroup } from '../domain/scaling.ts';
import type { Fleet, Snapshot } from '../domain/snapshot.ts';
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
    routes: routesByRole(snapshot).map(({ name, role, url, weights, othersWeight, answers, stickyS }) => ({
      name,
      role,
      url,
      weights,
      othersWeight,
      answers: answers ?? null,
      stickyS,
    })),
    residualTraffic: residualOf(snapshot),
    passedOver: allPassedOver(snapshot),
    fleets: fleetsByRole(snapshot).map((one) => fleetData(snapshot, one)),
    freeze: freezeData(snapshot),
    work: workData(snapshot),
    preview: previewData(snapshot),
    pull: pullData(report.pull),
    unmanaged: snapshot.unmanaged.map(({ id }) => id),
    outside: outsideData(report),
    unreadable: report.unreadable,
    rollback,
    proof: proofOf(report) ?? null,
    lease: lease ?? null,
    goal: goal ? goalData(goal) : null,
    approval: report.approval ?? null,
    trouble: trouble ?? null,
    otherStore: otherStore ?? null,
    movedByOthers: report.movedByOthers ?? null,
    verbs,
    last: last ?? null,
  };
}

function pullData(pull: PullState | undefined) {
  if (pull === undefined) return null;
  return {
    pointer: pull.pointer ?? null,
    instances: pull.instances.map((one) => ({
      id: one.id,
      runs: one.runs ?? null,
      permit: one.permit ?? null,
      reportedAgoS: one.reported?.agoS ?? null,
      state: followWord(one),
      answer: one.answer ?? null,
      words: followProblem(one) ?? null,
    })),
  };
}

function workData({ work = { state: 'none' } }: Snapshot) {
  const { owner, epoch } = work.state === 'seen' ? work : { owner: null, epoch: null };
  return { state: work.state, owner, epoch };
}

function previewData(snapshot: Snapshot) {
  const { preview = { state: 'none' } } = snapshot;
  const { by = null, rules } = preview.state === 'seen' ? preview : { rules: [] };
  return {
    state: preview.state,
    by,
    rules: rules.map(({ name, fleet, release }) => ({ name, fleet, release })),
    words: previewFacts(snapshot),
  };
}

function freezeData({ freeze = { state: 'none' } }: Snapshot) {
  const change = freeze.state === 'open' ? freeze.closes : freeze.state === 'closed' ? freeze.until : undefined;
  return {
    state: freeze.state,
    changesAt: change === undefined ? null : new Date(change.at).toISOString(),
    words: closedText(freeze) ?? null,
  };
}

function fleetData(snapshot: Snapshot, { fleet, role }: { readonly fleet: Fleet; readonly role: Role }) {
  return {
    id: fleet.id,
    release: fleet.release,
    role,
    marks: fleet.marks,
    besideSince: besideSince(snapshot, fleet.id),
    group: groupData(fleet.group),
    keptVolumes: keptVolumesOf(fleet),
    instances: members(fleet).map(({ id, zone, state, launchedAt, release, left, deploy }) => ({
      id,
      zone,
      state,
      launchedAt: new Date(launchedAt).toISOString(),
      release: release ?? fleet.release,
      left: left ?? [],
      deploy: deploy ?? null,
    })),
  };
}

function groupData(group: FleetGroup | undefined) {
  if (group === undefined) return null;
  const { name, minimum, maximum, desired, inService, held, suspended, refresh, failures } = group;
  return {
    name,
    minimum,
    maximum,
    desired,
    inService,
    held: held ?? null,
    suspended,
    refresh: refresh ?? null,
    failures,
  };
}

/** Only of fleets that may have been forgotten there. */
function besideSince(snapshot: Snapshot, id: string): string | null {
  const idle = forgotten(snapshot).find(({ fleet }) => fleet.id === id);
  return idle === undefined ? null : new Date(idle.since).toISOString();
}

/** What the config does not name, and leads to our servers or groups, or owns them. */
function outsideData({ snapshot, outsideAgeS = 0 }: StatusReport) {
  const { outside, pools, fleets, unmanaged } = snapshot;
  const { names = [], impaired = {}, volumes = [] } = (outside.state === 'seen' && outside.surroundings) || {};
  const foreign = new Map(pools.map((pool) => [pool.name, new Set(foreignRoutes(snapshot, pool))]));
  const routes = (outside.state === 'seen' ? outside.routes : []).filter(({ name }) =>
    [...foreign.values()].some((leading) => leading.has(name)),
  );
  const instances = [...fleets.flatMap(members), ...unmanaged].map(({ id, owners = [] }) => ({ id, owners }));
  const owned = [...instances, ...(outside.state === 'seen' ? outside.owned : [])];
  return {
    state: outside.state,
    ageS: outsideAgeS,
    routes: routes.map(({ name, url, weights }) => ({ name, url, weights })),
    owned: owned.flatMap(({ id, owners }) => owners.map(({ kind, name }) => ({ id, kind, name }))),
    names,
    impaired: Object.entries(impaired)
      .filter(([id]) => instances.some((one) => one.id === id))
      .map(([id, check]) => ({ id, check })),
    volumes,
    words: outsideFacts(snapshot),
  };
}
