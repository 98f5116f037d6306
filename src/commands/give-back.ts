import { isUnderWay } from '../domain/refresh.ts';
import { isScaled, type ScaledFleet } from '../domain/scaled.ts';
import { endedInStandby, isOurStandby, standbys } from '../domain/standby.ts';
import { list } from '../domain/text.ts';
import type { HeldLease } from '../record/lease.ts';
import type { Context } from './context.ts';

type Needed = Pick<Context, 'ports' | 'decision' | 'guardBy'> & {
  readonly config: { readonly fleet: Pick<Context['config']['fleet'], 'kind'> };
};

/**
 * What a deploy in place has changed of Auto Scaling groups is put back where nothing needs it any more.
 * @returns sentences on what was put back, and on what stays as it is
 */
export async function giveBackGroups(context: Needed, lease: HeldLease, cancels: boolean): Promise<readonly string[]> {
  if (context.config.fleet.kind !== 'auto-scaling') return [];
  context.guardBy(lease);
  const lookedFrom = context.ports.clock.monotonic();
  const { fleets } = await context.ports.fleet.read([]);
  const said: string[] = [];
  for (const fleet of fleets.filter(isScaled)) {
    said.push(...(await leaveRefresh(context, fleet, cancels ? lookedFrom : undefined)));
    said.push(...(await giveBack(context, fleet, lookedFrom)));
  }
  return said;
}

/** @param cancelFrom when the look began that a cancellation rests on; absent: it goes on */
async function leaveRefresh(
  { ports, decision }: Needed,
  fleet: ScaledFleet,
  cancelFrom: number | undefined,
): Promise<readonly string[]> {
  const { name, recorded, newest } = fleet.group;
  if (recorded === undefined) return [];
  const status = newest?.status ?? 'none was seen';
  const ways = `\`turnout rolling --refresh --release ${recorded.to.release}\` goes on with it, and \`turnout rolling --refresh --release ${recorded.from.release}\` goes back.`;
  if (!isUnderWay(newest)) return [`The instance refresh of ${name} has ended (${status}): ${ways}`];
  if (cancelFrom === undefined)
    return [
      `The instance refresh of ${name} goes on in AWS (${newest.status}, ${newest.percent} %): \`turnout abandon --cancel-refresh\` would have ended it. ${ways}`,
    ];
  decision.made(cancelFrom);
  await ports.fleet.cancelRefresh(fleet);
  return [
    `The instance refresh of ${name} is cancelled, at ${newest.percent} %; what it has replaced stays so. ${ways}`,
  ];
}

async function giveBack(
  { ports, decision }: Needed,
  fleet: ScaledFleet,
  lookedFrom: number,
): Promise<readonly string[]> {
  const { name, prepared, minimum } = fleet.group;
  const out = standbys(fleet)
    .filter(isOurStandby)
    .map(({ id }) => id);
  if (out.length > 0)
    return [
      `${list(out, 5)} of ${name} ${out.length === 1 ? 'is' : 'are'} in Standby: \`turnout join ${out.join(' ')}\` puts ${out.length === 1 ? 'it' : 'them'} back into service${prepared === undefined ? '' : `, and the minimum of ${name} from ${minimum} to ${prepared.before}`}.`,
    ];
  if (prepared === undefined) return [];
  decision.made(lookedFrom);
  await ports.fleet.restore(fleet);
  const ended = endedInStandby(fleet).map(({ id }) => id);
  return [
    `The minimum of ${name} is ${prepared.before} again.`,
    ...(ended.length === 0 ? [] : [`${name} replaces ${list(ended, 5)}, which ended in Standby.`]),
  ];
}
