import * as z from 'zod';
import { durationMs, timeLimit, port, releaseName, seconds, text, whole, yesOrNo } from './values.ts';

const behaviour = z
  .enum(['ok', 'sick', 'slow', 'crash'])
  .default('ok')
  .describe('ok serves; sick fails its health checks; slow answers late; crash dies soon after it has started.');

const releases = z
  .array(
    z.union([releaseName, z.strictObject({ release: releaseName.describe('The release.'), behaviour })], {
      error: "a release such as '42', or a map such as { release: '43', behaviour: sick }",
    }),
    { error: 'a list of releases' },
  )
  .min(1, { error: 'at least one release' });

const healthCheck = z
  .strictObject({
    interval: timeLimit.prefault('1s').describe("Time between two health checks of one target. AWS's smallest is 5s."),
    timeout: timeLimit
      .prefault('500ms')
      .describe('Time after which a health check counts as failed; no longer than the interval.'),
    healthyThreshold: whole(2, 10).default(2).describe('Passed checks in a row that make an unhealthy target healthy.'),
    unhealthyThreshold: whole(2, 10).default(2).describe('Failed checks in a row that make a target unhealthy.'),
    path: text('a path such as /health', /^\/\S*$/)
      .default('/health')
      .describe('Path that health checks ask for.'),
  })
  .prefault({})
  .describe('Health checks of both target groups.');

const bucket = z.strictObject({
  requestsPerSecond: whole(1, 1000).default(20).describe('Requests a second that refill the bucket.'),
  burst: whole(1, 1000).default(40).describe('Requests that may come at once.'),
});

const throttle = z
  .union([z.literal('aws'), bucket], {
    error: 'aws, or a map such as { requestsPerSecond: 20, burst: 40 }',
  })
  .describe(
    'Makes the API throttle requests with a token bucket a kind of request: of the size given, or aws for the sizes of an account. Default: it never does.',
  );

const dns = z
  .strictObject({
    port: port.default(4553).describe('Port of the name server on 127.0.0.1, over UDP and TCP.'),
    processing: durationMs
      .prefault('20ms')
      .describe('Time for which Route 53 refuses another change of the same zone.'),
    propagation: durationMs
      .prefault('500ms')
      .describe('Time from a change until the first name servers answer with it.'),
    insync: durationMs
      .prefault('1s')
      .describe('Time from a change until all name servers answer with it and Route 53 says INSYNC. At AWS up to 60s.'),
    ttl: seconds
      .prefault('2s')
      .describe("Time for which resolvers may keep a load balancer's address, in whole seconds. At AWS 60s."),
  })
  .describe('Route 53 and its name server. Default: these times, and any free port.');

export const sandboxSection = z
  .strictObject({
    port: port.default(4566).describe('Port of the API endpoint, on loopback.'),
    app: z
      .array(text('a word of a command line'), {
        error: 'a list such as [node, app.js]: the command and its arguments',
      })
      .min(1, { error: 'a command' })
      .optional()
      .describe(
        'Command that an instance runs, as a list of words; no shell. It is run in the folder of this config file, or in the one above when that folder is called config. Default: the bundled app.',
      ),
    appPort: port.default(8080).describe('Port that the app listens at, on the loopback address of its instance.'),
    instances: whole(1, 50).default(3).describe('Instances that serve production at the start.'),
    release: releaseName.default('41').describe('Release that they carry; one of releases.'),
    releases: releases
      .default([
        { release: '41', behaviour: 'ok' },
        { release: '42', behaviour: 'ok' },
      ])
      .describe('Releases that can be booted. Each gets an image, named as fleet.image.name says.'),
    zones: z
      .array(text('the letter of an availability zone, such as a', /^[a-z]$/), { error: 'a list of letters' })
      .min(1, { error: 'at least one zone' })
      .default(['a', 'b'])
      .describe('Availability zones, by their letters.'),
    boot: durationMs
      .prefault('2s')
      .describe('Time from the request for an instance until it runs and its app listens.'),
    setup: durationMs
      .prefault('1s')
      .describe('OpsWorks: time that the setup of an instance takes, before it is online.'),
    deploy: durationMs
      .prefault('1s')
      .describe('Time that a command on an instance takes: a deployment of OpsWorks, or Run Command.'),
    healthCheck,
    deregistrationDelay: durationMs
      .prefault('3s')
      .describe("Time for which a deregistered target is draining. AWS's default is 300s."),
    registration: durationMs
      .prefault('300ms')
      .describe('Time from the registration of a target until its first health check.'),
    propagation: durationMs
      .prefault('300ms')
      .describe('Time for which requests may still reach a target that was deregistered.'),
    consistency: durationMs.prefault('0s').describe('Time for which descriptions may show the past.'),
    pageSize: whole(1, 1000).default(100).describe('Most entries in one page of an answer.'),
    throttle: throttle.optional(),
    dns: dns.optional(),
    productionPort: port.default(8080).describe("Port of the load balancer's production listener, on 127.0.0.1."),
    testPort: port.default(8081).describe("Port of the load balancer's test listener, on 127.0.0.1."),
    adopted: yesOrNo()
      .default(true)
      .describe('Whether the first fleet carries the ownership tags already. false: try turnout adopt.'),
  })
  .describe('Only for turnout sandbox: the world that it makes. Everything has a default.');
