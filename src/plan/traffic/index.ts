import type { Snapshot } from '../../domain/snapshot.ts';
import type { Traffic } from '../../domain/traffic.ts';
import { dnsWeights } from './dns-weights.ts';
import { listenerWeights } from './listener-weights.ts';
import { membership } from './membership.ts';
import type { TrafficModel } from './model.ts';

type Models = {
  readonly [K in Traffic['kind']]: (snapshot: Snapshot, traffic: Extract<Traffic, { kind: K }>) => TrafficModel;
};

const models = {
  membership,
  'listener-weights': listenerWeights,
  'dns-weights': dnsWeights,
} satisfies Models;

/** The planner's view of how traffic is moved here: the one place where its kind is decided. */
export function trafficModel(snapshot: Snapshot): TrafficModel {
  const { traffic } = snapshot;
  return (models[traffic.kind] as (snapshot: Snapshot, traffic: Traffic) => TrafficModel)(snapshot, traffic);
}
