import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/aws/elbv2.ts';
import { canGive, shareOf, weightsFor } from '../../src/domain/routes.ts';
import type { Route } from '../../src/domain/traffic.ts';
import { stickySecondsIn, weightsIn, withWeights } from '../../src/traffic/actions.ts';

const SWAPPED = new Map([
  ['blue', 0],
  ['green', 100],
]);

describe('actions of a rule', () => {
  test('a lone group has all the weight, and gets company', () => {
    const lone: readonly Action[] = [{ Type: 'forward', TargetGroupArn: 'blue' }];
    expect(weightsIn(lone)).toEqual(new Map([['blue', 1]]));
    const groups = [
      { TargetGroupArn: 'blue', Weight: 0 },
      { TargetGroupArn: 'green', Weight: 100 },
    ];
    expect(withWeights(lone, SWAPPED, 'keep')).toEqual([{ Type: 'forward', ForwardConfig: { TargetGroups: groups } }]);
  });

  test('actions before it are sent back as they are, with the client secret that is there', () => {
    const oidc = {
      Issuer: 'https://id',
      ClientId: 'c',
      AuthorizationEndpoint: 'a',
      TokenEndpoint: 't',
      UserInfoEndpoint: 'u',
    };
    const authenticate: Action = { Type: 'authenticate-oidc', Order: 1, AuthenticateOidcConfig: oidc };
    const forward: Action = {
      Type: 'forward',
      Order: 2,
      ForwardConfig: {
        TargetGroups: [
          { TargetGroupArn: 'blue', Weight: 3 },
          { TargetGroupArn: 'green', Weight: 0 },
        ],
        TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
      },
    };
    expect(stickySecondsIn([authenticate, forward])).toBe(60);
    const [first, second] = withWeights([authenticate, forward], SWAPPED, 'keep');
    expect(first).toEqual({ ...authenticate, AuthenticateOidcConfig: { ...oidc, UseExistingClientSecret: true } });
    expect(second).toMatchObject({ Order: 2, ForwardConfig: { TargetGroupStickinessConfig: { DurationSeconds: 60 } } });
    const [, dropped] = withWeights([authenticate, forward], SWAPPED, 'drop');
    expect(stickySecondsIn([dropped!])).toBe(0);
  });

  test('what does not forward has no weights', () => {
    expect(weightsIn([{ Type: 'fixed-response' }]).size).toBe(0);
  });
});

describe('weights for a share', () => {
  const route = (weights: Route['weights'], othersWeight = 0): Route => ({
    name: 'shop:443',
    role: 'production',
    weights,
    othersWeight,
    stickyS: 0,
    url: '',
  });
  const pools = ['blue', 'green'];

  test('all of it keeps the weight that there was', () => {
    expect(weightsFor(route({ blue: 7, green: 0 }), 'green', 100, pools)).toEqual({ blue: 0, green: 7 });
    expect(weightsFor(route({}), 'green', 100, pools)).toEqual({ blue: 0, green: 100 });
  });

  test('a part of it is in whole percents', () => {
    expect(weightsFor(route({ blue: 1, green: 0 }), 'green', 10, pools)).toEqual({ blue: 90, green: 10 });
    expect(shareOf(route({ blue: 90, green: 10 }), 'green')).toBe(10);
  });

  test("beside other people's groups the part that is ours stays as large as it is", () => {
    expect(weightsFor(route({ blue: 200, green: 0 }, 5), 'green', 10, pools)).toEqual({ blue: 180, green: 20 });
    expect(canGive(route({ blue: 200, green: 0 }, 5), 'green', 1, pools)).toBe(true);
    expect(canGive(route({ blue: 1, green: 0 }, 5), 'green', 10, pools)).toBe(false);
  });
});
