import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/config/nearest.ts';
import { LEAST, mistakesIn, shownFor, withLines } from '../support/config.ts';

const MANY = `\
enviroment: Shop
region: 5
endpoint: \${ENDPOINT}
profile: \${UNSET}
fleet:
  kind: ec2
  tagPrefx: aws
  launchTemplate: { name: shop-web, id: lt-1, version: newest }
  image: { nmae: shop }
trafic:
  kind: target-group
  production:
    - { targetGroup: shop-production, port: 80800 }
  test:
    - { targetgroup: shop-production, port: '\${PORT}' }
    - shop-test
timeouts:
  boot: 10
  helthy: 5 minutes
  boot: 11m
aws:
sandbox:
  release: 41
  releases: ['42', { release: '43', behavior: sik }]
  zones: a
more: 1
`;

const WEIGHTED = `\
traffic:
  kind: weighted-dns
  groups: [{ targetGroup: blue }, { targetGroup: green }]
  production: [{ zone: a.test, name: www.a.test, blue: blue, green: green }]
  hold: 1m
  tail: { requests: 1 }`;

describe('mistakes in a config file', () => {
  it('are reported all at once, each with its place', () => {
    expect(shownFor(MANY, { ENDPOINT: 'hunter2', PORT: '80' })).toMatchInlineSnapshot(`
      "config/shop.yml has 27 mistakes:

      config/shop.yml:1:1  enviroment
        expected one of environment, account, region, profile, endpoint, fleet, traffic, release, checks, gates, bake, deploy, migrate, instanceCheck, drainCheck, hooks, freeze, approval, notify, preview, owner, schema, timeouts, aws, store, sandbox; found enviroment: did you mean environment?
           1 | enviroment: Shop
             | ^^^^^^^^^^

      config/shop.yml:1:13  environment
        expected a name such as shop (a to z, 0 to 9 and hyphens, at most 32); found "Shop"
           1 | enviroment: Shop
             |             ^^^^

      config/shop.yml:2:9  region
        expected a region such as eu-west-1; found 5; put it in quotes
           2 | region: 5
             |         ^

      config/shop.yml:3:11  endpoint
        expected a URL such as http://127.0.0.1:4566; found the value of \${ENDPOINT}
           3 | endpoint: \${ENDPOINT}
             |           ^^^^^^^^^^^

      config/shop.yml:4:10  profile
        expected the environment variable UNSET to be set; found it unset or empty; set it, or use \${UNSET:-default}
           4 | profile: \${UNSET}
             |          ^^^^^^^^

      config/shop.yml:5:1  fleet
        expected {release} in launchTemplate.version, launchTemplate.versionDescription, image or userData; found it in none of them, so every release would launch the same servers
           5 | fleet:
             | ^^^^^

      config/shop.yml:7:3  fleet.tagPrefx
        expected one of kind, tagPrefix, count, launchTemplate, image, userData; found tagPrefx: did you mean tagPrefix?
           7 |   tagPrefx: aws
             |   ^^^^^^^^

      config/shop.yml:7:13  fleet.tagPrefix
        expected a prefix for tags such as turnout, not aws; found "aws"
           7 |   tagPrefx: aws
             |             ^^^

      config/shop.yml:8:3  fleet.launchTemplate
        expected exactly one of name, id; found name, id
           8 |   launchTemplate: { name: shop-web, id: lt-1, version: newest }
             |   ^^^^^^^^^^^^^^

      config/shop.yml:8:41  fleet.launchTemplate.id
        expected the id of a launch template, such as lt-0123456789abcdef0; found "lt-1"
           8 |   launchTemplate: { name: shop-web, id: lt-1, version: newest }
             |                                         ^^^^

      config/shop.yml:8:56  fleet.launchTemplate.version
        expected a version number, $Latest, $Default, or text with '{release}' in it; found "newest"
           8 |   launchTemplate: { name: shop-web, id: lt-1, version: newest }
             |                                                        ^^^^^^

      config/shop.yml:9:12  fleet.image.nmae
        expected one of name, tag, parameter, owner; found nmae: did you mean name?
           9 |   image: { nmae: shop }
             |            ^^^^

      config/shop.yml:10:1  trafic
        expected one of environment, account, region, profile, endpoint, fleet, traffic, release, checks, gates, bake, deploy, migrate, instanceCheck, drainCheck, hooks, freeze, approval, notify, preview, owner, schema, timeouts, aws, store, sandbox; found trafic: did you mean traffic?
          10 | trafic:
             | ^^^^^^

      config/shop.yml:11:9  traffic.kind
        expected one of target-groups, weighted-listener, weighted-dns; found "target-group": did you mean target-groups?
          11 |   kind: target-group
             |         ^^^^^^^^^^^^

      config/shop.yml:13:45  traffic.production[0].port
        expected a whole number from 1 to 65535; found 80800
          13 |     - { targetGroup: shop-production, port: 80800 }
             |                                             ^^^^^

      config/shop.yml:15:9  traffic.test[0].targetgroup
        expected one of targetGroup, port; found targetgroup: did you mean targetGroup?
          15 |     - { targetgroup: shop-production, port: '\${PORT}' }
             |         ^^^^^^^^^^^

      config/shop.yml:15:22  traffic.test[0].targetGroup
        expected each target group once; found the same one in traffic.production[0]
          15 |     - { targetgroup: shop-production, port: '\${PORT}' }
             |                      ^^^^^^^^^^^^^^^

      config/shop.yml:16:7  traffic.test[1]
        expected a map such as { targetGroup: shop-production }; found "shop-test"
          16 |     - shop-test
             |       ^^^^^^^^^

      config/shop.yml:19:3  timeouts.helthy
        expected one of boot, healthy, drained, proven, warm, dns, idle, deploy; found helthy: did you mean healthy?
          19 |   helthy: 5 minutes
             |   ^^^^^^

      config/shop.yml:19:11  timeouts.healthy
        expected a duration such as 90s, 10m, 1h30m or 500ms, greater than zero; found "5 minutes"
          19 |   helthy: 5 minutes
             |           ^^^^^^^^^

      config/shop.yml:20:3  timeouts.boot
        expected each key once; found this one again
          20 |   boot: 11m
             |   ^^^^

      config/shop.yml:21:1  aws
        expected a map of keys; found nothing
          21 | aws:
             | ^^^

      config/shop.yml:23:12  sandbox.release
        expected a release such as '42', in quotes when it is a number; found 41; put it in quotes
          23 |   release: 41
             |            ^^

      config/shop.yml:24:37  sandbox.releases[1].behavior
        expected one of release, behaviour; found behavior: did you mean behaviour?
          24 |   releases: ['42', { release: '43', behavior: sik }]
             |                                     ^^^^^^^^

      config/shop.yml:24:47  sandbox.releases[1].behaviour
        expected one of ok, sick, slow, crash, errors; found "sik": did you mean sick?
          24 |   releases: ['42', { release: '43', behavior: sik }]
             |                                               ^^^

      config/shop.yml:25:10  sandbox.zones
        expected a list of letters; found "a"
          25 |   zones: a
             |          ^

      config/shop.yml:26:1  more
        expected one of environment, account, region, profile, endpoint, fleet, traffic, release, checks, gates, bake, deploy, migrate, instanceCheck, drainCheck, hooks, freeze, approval, notify, preview, owner, schema, timeouts, aws, store, sandbox; found more
          26 | more: 1
             | ^^^^"
    `);
  });

  it('never show the value of a variable', () => {
    const lines = [
      'region: ${SECRET}',
      'aws: { maxAttempts: "${SECRET}" }',
      'sandbox: { releases: ["${SECRET}", "${SECRET}"] }',
    ];
    const env = { SECRET: 'hunter2' };
    expect(mistakesIn(withLines(...lines), env)).toEqual([
      'region: expected a region such as eu-west-1; found the value of ${SECRET}',
      'aws.maxAttempts: expected a whole number from 1 to 20; found the value of "${SECRET}"',
      'sandbox.releases[1]: expected each release once; found this one again',
      'sandbox.release: expected one of sandbox.releases; found a release that is not listed there',
    ]);
    expect(shownFor(withLines(...lines), env)).not.toContain('hunter2');
  });

  it('do not come with a word that is near the value of a variable', () => {
    const text = withLines("sandbox: { releases: ['41', { release: '42', behaviour: '${SECRET}' }] }");
    expect(mistakesIn(text, { SECRET: 'sicc' })).toEqual([
      "sandbox.releases[1].behaviour: expected one of ok, sick, slow, crash, errors; found the value of '${SECRET}'",
    ]);
  });

  it('are looked for beneath a misspelt section', () => {
    expect(mistakesIn(withLines('timouts: { boot: soon }'))).toEqual([
      expect.stringContaining('timouts: expected one of environment, account, region'),
      'timeouts.boot: expected a duration such as 90s, 10m, 1h30m or 500ms, greater than zero; found "soon"',
    ]);
  });

  it('suggest the new name of a key that was renamed', () => {
    const text = withLines(
      'limits: { released: 1m }',
      'aws: { settle: 5s }',
      'hooks: { onFailure: [{ run: [x], limit: 1m }] }',
      'deploy: { kind: ssm, document: d, delivery: 60s }',
    ).replace(/traffic:[^]*?(?=\nl)/, WEIGHTED);
    expect(mistakesIn(text).map((mistake) => /^([\w.[\]]+):.*did you mean (\w+)\?$/.exec(mistake)?.slice(1))).toEqual([
      ['traffic.hold', 'retention'],
      ['traffic.tail', 'residualTraffic'],
      ['deploy.delivery', 'deliveryTimeout'],
      ['hooks.onFailure[0].limit', 'timeout'],
      ['aws.settle', 'consistencyDelay'],
      ['limits', 'timeouts'],
      ['timeouts.released', 'drained'],
    ]);
  });

  it('are not made up for a key that is only misspelt', () => {
    expect(mistakesIn(LEAST.replace('environment', 'Environment'))).toEqual([
      expect.stringMatching(/found Environment: did you mean environment\?$/),
    ]);
  });

  it('point at the map that lacks a key, and at the key whose value is missing', () => {
    expect(shownFor(LEAST.replace('  kind: ec2\n', '').replace('environment: shop', 'environment:')))
      .toMatchInlineSnapshot(`
        "config/shop.yml has 2 mistakes:

        config/shop.yml:1:1  environment
          expected a name such as shop (a to z, 0 to 9 and hyphens, at most 32); found nothing
             1 | environment:
               | ^^^^^^^^^^^

        config/shop.yml:2:1  fleet.kind
          expected one of ec2, opsworks, auto-scaling; found nothing: the key is missing
             2 | fleet:
               | ^^^^^"
      `);
  });

  it.each([
    ['an empty file', '', 'expected a map of keys; found nothing'],
    ['a list', '- a\n', 'expected a map of keys; found a list'],
    ['two documents', `${LEAST}---\nb: 1\n`, 'expected one document; found another one after ---'],
    ['an alias of nothing', withLines('profile: *other'), 'expected an alias of an anchor above it'],
    ['an alias of what it is in', withLines('aws: &x { maxAttempts: *x }'), 'expected an alias of an anchor above it'],
    ['a tag', withLines('profile: !secret x'), 'expected valid YAML; found: Unresolved tag: !secret'],
    ['a tab', 'aws:\n\tmaxAttempts: 3\n', 'expected spaces; found a tab'],
    ['an open bracket', withLines('profile: [a'), 'expected valid YAML; found: Flow sequence'],
    [
      'a bare variable in a flow map',
      withLines('aws: { maxAttempts: ${N} }'),
      'expected quotes around ${…} inside { }',
    ],
  ])('%s', (_, text, message) => {
    expect(mistakesIn(text).join('\n')).toContain(message);
  });

  it('keep their places in a file with tabs, carriage returns and a byte order mark', () => {
    expect(shownFor(`\uFEFF${LEAST.replaceAll('\n', '\r\n')}region:\t5\r\n`)).toMatchInlineSnapshot(`
      "config/shop.yml has a mistake:

      config/shop.yml:9:9  region
        expected a region such as eu-west-1; found 5; put it in quotes
           9 | region:	5
             |        	^"
    `);
  });
});

describe('the nearest word', () => {
  it.each([
    ['tagPrefx', 'tagPrefix'],
    ['tag_prefix', 'tagPrefix'],
    ['TAGPREFIX', 'tagPrefix'],
    ['kidn', 'kind'],
    ['colour', undefined],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, ['kind', 'tagPrefix', 'launchTemplate', 'image', 'userData'])).toBe(expected);
  });
});
