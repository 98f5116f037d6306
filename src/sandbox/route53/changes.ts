import { randomInt } from 'node:crypto';
import type { ChangeInfo, GetChangeRequest } from '@aws-sdk/client-route-53';
import type { Operation } from '../service.ts';
import { route53NotFound } from './errors.ts';
import type { Route53State } from './model.ts';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** For example, `Z1D633PJN98FT9`. */
export function newRoute53Id(prefix: string): string {
  return prefix + Array.from({ length: 13 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

/** The id without the path that AWS adds in responses, such as `/hostedzone/`. */
export function bareId(id: string | undefined): string {
  return (id ?? '').replace(/^\/?(hostedzone|change|healthcheck)\//, '');
}

/** Records a change that was just made. */
export function addChange({ clock, times, changes }: Route53State, comment?: string): ChangeInfo {
  const id = newRoute53Id('C');
  const info: ChangeInfo = {
    Id: `/change/${id}`,
    Status: 'PENDING',
    SubmittedAt: new Date(clock.now()),
    ...(comment !== undefined && { Comment: comment }),
  };
  changes.set(id, { info, insyncAt: clock.monotonic() + times.insyncMs });
  return info;
}

export function changeOperations(state: Route53State): Record<string, Operation> {
  return {
    GetChange: (input: GetChangeRequest) => {
      const change = state.changes.get(bareId(input.Id));
      if (!change) throw route53NotFound.change(bareId(input.Id));
      const insync = state.clock.monotonic() >= change.insyncAt;
      return { ChangeInfo: { ...change.info, Status: insync ? 'INSYNC' : 'PENDING' } };
    },
  };
}
