import * as z from 'zod';
import { durationMs, listOf, timeLimit, port, releaseName, seconds, text, whole } from './values.ts';

const behaviour = z
  .enum(['ok', 'sick', 'slow', 'crash', 'errors'])
  .default('ok')
  .describe(
    'ok serves; sick fails health checks; slow responds late; crash exits soon after its start; errors answers 3 % of all requests with 500, and is healthy.',
  );

const releases = listOf(
  z.union([releaseName, z.strictObject({ release: releaseName.describe('The release.'), behaviour })], {
    error: "a release such as '42', or a map such as { release: '43', behaviour: sick }",
  }),
  'a list of releases',
  'at least one release',
);

const healthCheck = z
  .strictObject({
    interval: timeLimit.prefault('1s').describe("Interval between health checks of a target. AWS's minimum is 5s."),
    timeout: timeLimit.prefault('500ms').describe('Timeout of a health check; not longer than the interval.'),
    healthyThreshold: whole(2, 10)
      .default(2)
      .describe('Consecutive passed checks that make an unhealthy target healthy.'),
    unhealthyThreshold: whole(2, 10).default(2).describe('Consecutive failed checks that make a target unhealthy.'),
    path: text('a path such as /health', /^\/\S*$/)
      .default('/health')
      .describe('Path of health checks.'),
  })
  .prefault({})
  .describe('Health checks of both target groups.');

const bucket = z.strictObject({
  requestsPerSecond: whole(1, 1000).default(20).describe('Refill rate of the bucket, in requests per second.'),
  burst: whole(1, 1000).default(40).describe('Size of the bucket: requests that are possible at once.'),
});

const throttle = z
  .union([z.literal('aws'), bucket], { error: 'aws, or a map such as { requestsPerSecond: 20, burst: 40 }' })
  .describe(
    'Throttles API requests with a token bucket for each kind of request: of the given size, or aws for the sizes of an AWS account. Default: no throttling.',
  );

const dns = z
  .strictObject({
    port: port.default(4553).describe('Port of the name server on 127.0.0.1, over UDP and TCP.'),
    processing: durationMs
      .prefault('20ms')
      .describe('Time to process a change of a zone, during which Route 53 rejects other changes of it.'),
    propagation: durationMs.prefault('500ms').describe('Time from a change until the first name servers have it.'),
    insync: durationMs
      .prefault('1s')
      .describe('Time from a change until all name servers have it and Route 53 returns INSYNC. On AWS up to 60s.'),
    ttl: seconds.prefault('2s').describe("TTL of a load balancer's address, in whole seconds. On AWS 60s."),
  })
  .describe('Route 53 and its name server. Default: these times, and any free port.');

export const sandboxSection = z
  .strictObject({
    port: port.default(4566).describe('Port of the API endpoint, on loopback.'),
    app: listOf(
      text('a word of a command line'),
      'a list such as [node, app.js]: the command and its arguments',
      'a command',
    )
      .exactOptional()
      .describe(
        'Command that each instance runs and its arguments, without a shell. Its working directory is the folder of this config file, or the parent folder if that folder is named config. Default: the bundled app.',
      ),
    appPort: port.default(8080).describe('Port on which the app listens, on the loopback address of its instance.'),
    instances: whole(1, 50).default(3).describe('Instances that serve production at the start.'),
    release: releaseName.default('41').describe('Release of those instances; one of releases.'),
    releases: releases
      .default([
        { release: '41', behaviour: 'ok' },
        { release: '42', behaviour: 'ok' },
      ])
      .describe('Releases that instances can run. Each gets an image, named according to fleet.image.name.'),
    zones: listOf(
      text('the letter of an availability zone, such as a', /^[a-z]$/),
      'a list of letters',
      'at least one zone',
    )
      .default(['a', 'b'])
      .describe('Availability zones, by their letters.'),
    boot: durationMs
      .prefault('2s')
      .describe('Time from the launch of an instance until it is running and its app listens.'),
    setup: durationMs.prefault('1s').describe('OpsWorks: duration of the setup of an instance, before it is online.'),
    deploy: durationMs
      .prefault('1s')
      .describe('Duration of a command on an instance: an OpsWorks deployment or Run Command.'),
    healthCheck,
    deregistrationDelay: durationMs
      .prefault('3s')
      .describe("Deregistration delay: how long a deregistered target is draining. AWS's default is 300s."),
    registration: durationMs
      .prefault('300ms')
      .describe('Time from the registration of a target until its first health check.'),
    propagation: durationMs
      .prefault('300ms')
      .describe('How long requests still reach a target after its deregistration.'),
    consistency: durationMs
      .prefault('0s')
      .describe('How old the state is that Describe operations return (eventual consistency).'),
    metrics: durationMs
      .prefault('0s')
      .describe("How late the points of CloudWatch's metrics appear. On AWS a minute or more."),
    latency: durationMs
      .prefault('0s')
      .describe(
        'How long a request to the API and its answer travel together, give or take a fifth. To AWS often 80ms.',
      ),
    pageSize: whole(1, 1000).default(100).describe('Maximum number of items in a page of results.'),
    throttle: throttle.exactOptional(),
    dns: dns.exactOptional(),
    productionPort: port.default(8080).describe("Port of the load balancer's production listener, on 127.0.0.1."),
    testPort: port.default(8081).describe("Port of the load balancer's test listener, on 127.0.0.1."),
    policy: text('a path')
      .exactOptional()
      .describe(
        'File with an IAM policy, relative to this file: requests may do only what it allows. Default: everything.',
      ),
    adopted: z
      .boolean({ error: 'true or false' })
      .default(true)
      .describe('Whether the first fleet already has the ownership tags. With false you can try turnout adopt.'),
  })
  .describe('Resources and times of turnout sandbox; other commands ignore it. All keys have defaults.');
