import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/read.ts';
import { missingCommands, missingTerraform } from '../../src/run/init/missing.ts';
import { cannotAsk } from '../../src/run/init/propose.ts';
import { chooseSource, releasesIn } from '../../src/run/init/releases.ts';
import type { AccountSeen, NameSeen, ServerSeen } from '../../src/run/init/seen.ts';
import { configText } from '../../src/run/init/texts.ts';
import { errorOf } from '../support/expect-advice.ts';
import { account, found, group, PLAIN, proposal, route, server, trying, WEB } from '../support/init-world.ts';

/** Names, Auto Scaling groups and releases, as `init` reads them. */

/** A name with a record for each load balancer; of two with weights, or one that has none. */
function dnsName(name: string, ...records: readonly (readonly [balancer: string, weight?: number])[]): NameSeen {
  const seen = records.map(([balancer, weight]) => ({
    id: weight === undefined ? undefined : balancer,
    weight,
    balancer,
  }));
  return { zone: 'example.com', name, type: 'A', records: seen };
}

describe('a host name', () => {
  const OTHER = group('shop-web', { targets: [{ id: 'i-2', port: 80 }] });
  const both = account(
    [WEB, OTHER],
    route('acme:80', 'acme-web'),
    route('acme:80 priority 5', 'shop-web'),
    route('shop:80', 'shop-web'),
  );
  const seen: AccountSeen = {
    ...both,
    hosts: { 'acme:80 priority 5': ['*.shop.example.com'] },
    names: [dnsName('acme.example.com', ['acme']), dnsName('shop.example.com', ['shop'])],
  };

  test('leads to a group by Route 53, and by the conditions of rules', () => {
    expect(found(seen, { host: 'ACME.example.com' })).toMatchObject({ production: WEB, hosts: ['acme.example.com'] });
    expect(found(seen, { host: 'shop.example.com' }).productionRoutes.map(({ name }) => name)).toEqual(['shop:80']);
    // No record: clients find it in another account's zone.
    const byRule = found(seen, { host: 'www.shop.example.com' });
    expect(byRule.productionRoutes.map(({ name }) => name)).toEqual(['acme:80 priority 5']);
    expect(byRule.hosts).toEqual(['www.shop.example.com']);
  });

  test('has the rule for it before the default action of the same listener', () => {
    const two = { ...seen, hosts: { 'acme:80 priority 5': ['acme.example.com'] } };
    expect(found(two, { host: 'acme.example.com' }).production.name).toBe('shop-web');
  });

  test('that leads nowhere is an error with those there are', async () => {
    expect(await errorOf(trying(() => found(seen, { host: 'nix.example.com' })))).toMatchObject({
      code: 'usage',
      next: ['There are: *.shop.example.com, acme.example.com and shop.example.com.'],
    });
  });
});

describe('weights of DNS records', () => {
  const GREEN = group('acme-green', { targets: [{ id: 'i-9', port: 8080 }] });
  const seen: AccountSeen = {
    ...account([WEB, GREEN], route('one:80', 'acme-web'), route('two:80', 'acme-green')),
    names: [dnsName('www.example.com', ['one', 100], ['two', 0])],
  };

  test('are a kind of traffic, and the larger one serves', () => {
    const traffic = found(seen);
    expect(traffic).toMatchObject({ production: WEB, test: GREEN, hosts: ['www.example.com'] });
    const text = configText(proposal(traffic));
    expect(text).toContain("{ zone: example.com, name: www.example.com, type: A, blue: 'one', green: 'two' }");
    expect(readConfig('acme.yml', text, {})).toHaveProperty('data.traffic.kind', 'weighted-dns');
    expect([missingCommands(traffic), missingTerraform(traffic)]).toEqual([[], '']);
    const turned = { ...seen, names: [dnsName('www.example.com', ['one', 0], ['two', 255])] };
    expect(found(turned).production.name).toBe('acme-green');
  });

  test.each([
    ['three records', dnsName('www.example.com', ['one', 1], ['two', 1], ['one', 1])],
    ['records without weights', dnsName('www.example.com', ['one'], ['two'])],
    ['records of one load balancer', dnsName('www.example.com', ['one', 1], ['one', 0])],
  ])('are none in %s', (_what, name) => {
    expect(found({ ...seen, names: [name] }, { production: 'acme-web' })).toMatchObject({ names: [] });
  });
});

describe('Auto Scaling groups', () => {
  const scaling = (name: string) => {
    const template = { id: 'lt-0123456789abcdef0', version: '3' };
    return { name, template, maximum: 6, subnets: 'subnet-1,subnet-2', healthCheck: 'ELB', grace: 60 };
  };
  const blue = group('acme-web', { targets: WEB.targets, scaling: [scaling('acme-a')] });

  test('that take turns are the fleet', () => {
    const green = group('acme-trial', { scaling: [scaling('acme-b')] });
    const seen = account([blue, green], route('acme:80', 'acme-web', 'acme-trial'), route('acme:81', 'acme-trial'));
    const text = configText(proposal(found(seen)));
    expect(text).toContain('groups: [acme-a, acme-b]');
    expect(readConfig('acme.yml', text, {})).toMatchObject({
      data: { fleet: { kind: 'auto-scaling' }, traffic: { kind: 'weighted-listener' } },
    });
    expect(missingCommands(found(seen))).toEqual([]);
  });

  test('of which the second is missing: it is printed like the first, empty', () => {
    const seen = found(account([blue], route('acme:80', 'acme-web')));
    expect(missingCommands(seen).at(-1)).toBe(
      "aws autoscaling create-auto-scaling-group --auto-scaling-group-name acme-a-next --launch-template LaunchTemplateId=lt-0123456789abcdef0,Version='3' " +
        '--min-size 0 --max-size 6 --desired-capacity 0 --vpc-zone-identifier subnet-1,subnet-2 --target-group-arns $TEST ' +
        '--health-check-type ELB --health-check-grace-period 60',
    );
    expect(missingTerraform(seen)).toContain('target_group_arns         = [aws_lb_target_group.test.arn]');
    const text = configText(proposal(seen));
    expect(readConfig('acme.yml', text, {})).toHaveProperty('data.fleet.groups', ['acme-a', 'acme-a-next']);
  });
});

describe('the release of a server', () => {
  const image = {
    id: 'ami-1',
    name: 'base-2026-11-01',
    tags: { Application: 'acme', 'acme:Release': '41', Name: 'x' },
  };
  const template = { id: 'lt-0123456789abcdef0', version: '7', description: 'release 41' };
  const userData = "#!/bin/sh\nexport RELEASE='41'\necho it's\n";
  const dataOf = (more: Partial<ServerSeen>) => {
    const [source] = releasesIn(server(more)).sources;
    const read = readConfig('acme.yml', configText(proposal(found(PLAIN), { source })), {});
    return 'data' in read ? read.data : read;
  };

  test('is in tags of its image, in the description of its template version, or in its user data', () => {
    expect(dataOf({ image: { ...image, name: 'golden' } })).toMatchObject({
      fleet: { image: { tag: { Application: 'acme', 'acme:Release': '{release}' } } },
    });
    expect(dataOf({ template })).toMatchObject({
      fleet: { launchTemplate: { id: template.id, versionDescription: 'release {release}' } },
    });
    expect(dataOf({ template: { ...template, description: '41' } })).toHaveProperty(
      'fleet.launchTemplate.versionDescription',
      '{release}',
    );
    expect(dataOf({ userData })).toHaveProperty('fleet.userData', "#!/bin/sh\nexport RELEASE='{release}'\necho it's\n");
  });

  test('is not taken from words of others, nor copied beside a secret', () => {
    const none = { template: { ...template, description: 'more memory' }, userData: 'NODE_VERSION=24\n' };
    expect(releasesIn(server(none))).toEqual({ sources: [], notes: [] });
    const secret = releasesIn(server({ userData: 'RELEASE=41\nDB_PASSWORD=hunter2\n' }));
    expect(secret.sources).toEqual([]);
    expect(secret.notes).toEqual([
      'The user data of i-1 in production has RELEASE=41, and what looks like a secret: it was not copied into this file.',
    ]);
  });

  test('is the one that production answers with; otherwise it is asked for where two differ', async () => {
    const seen = releasesIn(server({ image: { ...image, tags: {} }, template, userData }));
    expect(chooseSource(seen, ['41'], undefined)).toMatchObject({ kind: 'template', release: '41' });
    const asked = chooseSource(seen, [], undefined);
    expect(asked).toMatchObject({ flag: 'release-from', among: ['image-name', 'template', 'user-data'] });
    expect(asked !== undefined && 'asks' in asked && cannotAsk(asked)).toMatchObject({
      code: 'ambiguous-account',
      message: 'Which is the release of a server: 2026-11-01 by image-name, 41 by template, 41 by user-data?',
      next: ['Name it with --release-from, for example --release-from image-name.'],
    });
    expect(chooseSource(seen, [], 'user-data')).toMatchObject({ kind: 'user-data' });
    expect(await errorOf(trying(() => chooseSource(seen, [], 'image-tag')))).toMatchObject({
      code: 'usage',
      next: ['There are: image-name, template and user-data.'],
    });
    expect(chooseSource({ sources: [], notes: [] }, [], undefined)).toBeUndefined();
  });
});
