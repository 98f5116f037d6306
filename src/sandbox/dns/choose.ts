import type { RecordSet } from '../route53/model.ts';
import { zoneIndex, type ServedZone, type AnswerSource } from './source.ts';

/** Maximum length of a chain of aliases. */
const DEPTH_MAX = 8;

/**
 * Chooses one of the record sets of a name and type, as Route 53 does (Route 53 developer guide, "How Route 53 chooses records
 * when health checking is configured"): among the healthy ones by weight; if all of those have weight 0, with equal probability;
 * if none is healthy, as if all were.
 */
export function chooseRecordSet(
  source: AnswerSource,
  zone: ServedZone,
  sets: readonly RecordSet[],
): RecordSet | undefined {
  return pick(candidates(source, zone, sets), source.random);
}

/** The record sets that may be chosen. */
export function candidates(source: AnswerSource, zone: ServedZone, sets: readonly RecordSet[]): readonly RecordSet[] {
  if (sets.length < 2) return sets;
  const healthy = sets.filter((set) => isHealthy(source, zone, set));
  const usable = healthy.length > 0 ? healthy : sets;
  const weighted = usable.filter(({ Weight }) => Weight !== 0);
  return weighted.length > 0 ? weighted : usable;
}

function pick(sets: readonly RecordSet[], random: () => number): RecordSet | undefined {
  // If all weights are 0, the probabilities are equal.
  const equal = sets.every(({ Weight }) => Weight === 0);
  const weight = ({ Weight = 1 }: RecordSet) => (equal ? 1 : Weight);
  let left = random() * sets.reduce((sum, set) => sum + weight(set), 0);
  return sets.find((set) => (left -= weight(set)) < 0) ?? sets.at(-1);
}

/** A record set without health check and EvaluateTargetHealth is always healthy. */
function isHealthy(source: AnswerSource, zone: ServedZone, set: RecordSet, depth = 0): boolean {
  const { HealthCheckId: id, AliasTarget: alias, Type } = set;
  if (id !== undefined && !source.passes(id)) return false;
  if (!alias?.EvaluateTargetHealth || depth > DEPTH_MAX) return true;
  const target = alias.DNSName ?? '';
  const balancer = source.balancer(target);
  if (balancer) return balancer.healthy();
  const targets = (zoneIndex(zone).byName.get(target) ?? []).filter((other) => other.Type === Type);
  return targets.some((other) => isHealthy(source, zone, other, depth + 1));
}
