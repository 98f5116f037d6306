import { isHealthy } from './minimum-healthy.ts';
import { fleetById } from './queries.ts';
import type { PreviewPlace, PreviewRule } from './preview.ts';
import { isIn, targetsOf } from './roles.ts';
import type { Pool, Snapshot } from './snapshot.ts';
import { list, sentences } from './text.ts';

/** Questions about the rules that lead some requests to green before production does. */

/** Why it is not known which rules there are, as a sentence. */
export function previewUnknown({ preview }: Pick<Snapshot, 'preview'>): string | undefined {
  return preview?.state === 'unreadable' ? `Preview rules could not be read. ${preview.why}` : undefined;
}

/** Rules that were made for other fleets than these. */
export function previewRules({ preview }: Pick<Snapshot, 'preview'>, keeps: readonly string[]): readonly PreviewRule[] {
  return preview?.state === 'seen' ? preview.rules.filter(({ fleet }) => !keeps.includes(fleet)) : [];
}

/** Of the rules of that fleet, those that are not as they would be made now, or lead where nothing is tested. */
export function outdatedRules(snapshot: Pick<Snapshot, 'preview' | 'pools'>, fleet: string): readonly PreviewRule[] {
  const leadsToTest = ({ group }: PreviewRule): boolean =>
    snapshot.pools.some(({ arn, role }) => arn === group && role === 'test');
  return previewRules(snapshot, []).filter(
    (rule) => rule.fleet === fleet && (rule.isOutdated === true || !leadsToTest(rule)),
  );
}

/** The rule that leads people to this pool above that route, as `preview` says now. */
export function previewRuleAbove(
  snapshot: Pick<Snapshot, 'preview'>,
  fleet: string,
  above: string,
  pool: Pick<Pool, 'arn'>,
): PreviewRule | undefined {
  return previewRules(snapshot, []).find(
    (rule) => rule.fleet === fleet && rule.above === above && rule.group === pool.arn && rule.isOutdated !== true,
  );
}

/** Why nobody must be led to the pool for a look at the fleet; undefined when they may. */
export function notToBeSeen(snapshot: Snapshot, id: string, pool: Pool): string | undefined {
  const fleet = fleetById(snapshot, id);
  if (pool.role === 'production') return `${pool.name} has production: a rule that leads there shows nothing new.`;
  if (fleet === undefined || !isIn(pool, fleet))
    return `Nothing of ${fleet?.release ?? id} is in ${pool.name} any more.`;
  const other = snapshot.fleets.find((one) => one !== fleet && isIn(pool, one));
  if (other !== undefined) return `${other.release} is in ${pool.name}, too.`;
  if (!targetsOf(pool, fleet).some(isHealthy)) return `Nothing of ${fleet.release} is healthy in ${pool.name} now.`;
  return undefined;
}

/** Whether a rule at the place can lead there: a target group is behind one load balancer only (ALB user guide, "Target groups"). */
export function isBehind({ loadBalancers = [] }: Pool, { balancer }: PreviewPlace): boolean {
  return loadBalancers.includes(balancer);
}

/** `turnout permissions` grants only what the config needs. */
const UNWANTED =
  'The config has no `preview` any more: the next promote, rollback, cleanup or abandon deletes it, and needs `elasticloadbalancing:DeleteRule`.';

/** What `status` shows of it, as sentences. */
export function previewTexts(snapshot: Pick<Snapshot, 'preview'>): readonly string[] {
  const by = snapshot.preview?.state === 'seen' ? snapshot.preview.by : undefined;
  const told = previewRules(snapshot, []).map(({ name, release, group, isOutdated }) => {
    if (group === undefined) return `${name} was made for ${release}, and others have changed where it leads.`;
    if (by === undefined) return `${name} still leads some requests to ${release}. ${UNWANTED}`;
    if (isOutdated)
      return `${name} leads requests to ${release}, but is not as \`preview\` and production's rule say now, not ${by}.`;
    return `${by} leads to ${release} (${name}).`;
  });
  return sentences(previewUnknown(snapshot), ...told);
}

/** Where people look at the release, in a sentence with a space before it. */
export function previewSentence({ preview }: Pick<Snapshot, 'preview'>, release: string): string {
  if (preview?.state !== 'seen' || preview.by === undefined) return '';
  const leads = preview.rules.filter(
    (rule) => rule.release === release && rule.group !== undefined && !rule.isOutdated,
  );
  const shown = preview.places.filter(({ arn }) => leads.some(({ above }) => above === arn));
  return shown.length === 0 ? '' : ` With ${preview.by} it answers at ${list(shown.map(({ url }) => url))}.`;
}

/** Whether the release that was brought up can be looked at, as far as the config wants it. */
export function isShownByPreview({ preview }: Pick<Snapshot, 'preview'>, release: string): boolean {
  if (preview?.state !== 'seen' || preview.by === undefined) return true;
  return preview.rules.some((rule) => rule.release === release && rule.isOutdated !== true);
}
