import type * as z from 'zod';
import { repeated, unless, type Mistake, type Path } from './problem.ts';
import { sandboxSection as schema } from './schema-sandbox.ts';

type Sandbox = z.output<typeof schema>;

/** Mistakes across keys of the sandbox section, including defaults; checked once each key is valid. */
export function sandboxChecks(data: unknown): readonly Mistake[] {
  const parsed = schema.safeParse(data);
  if (!parsed.success) return [];
  return [
    ...releaseChecks(parsed.data),
    ...zoneChecks(parsed.data),
    ...portChecks(parsed.data),
    ...timeChecks(parsed.data),
  ];
}

function at(...path: Path): Path {
  return ['sandbox', ...path];
}

function releaseChecks(sandbox: Sandbox): readonly Mistake[] {
  const names = sandbox.releases.map((entry) => (typeof entry === 'string' ? entry : entry.release));
  const twice = repeated(names.map((id, index) => ({ path: at('releases', index), id })));
  return [
    ...twice.map(({ path }) => ({ path, message: 'expected each release once; found this one again' })),
    ...unless(
      names.includes(sandbox.release),
      at('release'),
      'expected one of sandbox.releases; found a release that is not listed there',
    ),
  ];
}

function zoneChecks(sandbox: Sandbox): readonly Mistake[] {
  const twice = repeated(sandbox.zones.map((id, index) => ({ path: at('zones', index), id })));
  return twice.map(({ path }) => ({ path, message: 'expected each zone once; found this one again' }));
}

/** All of these listen on 127.0.0.1; instances have their own addresses. */
function portChecks({ port, productionPort, testPort, dns }: Sandbox): readonly Mistake[] {
  const ports = Object.entries({ port, productionPort, testPort }).map(([key, id]) => ({ path: at(key), id }));
  if (dns) ports.push({ path: at('dns', 'port'), id: dns.port });
  return repeated(ports).map(({ path, first }) => ({
    path,
    message: `expected a different port; found that of ${String(first.at(-1))}`,
  }));
}

function timeChecks({ healthCheck, dns }: Sandbox): readonly Mistake[] {
  return [
    ...unless(
      healthCheck.timeout <= healthCheck.interval,
      at('healthCheck', 'timeout'),
      'expected no more than the interval; found a longer time',
    ),
    ...unless(
      dns === undefined || dns.propagation <= dns.insync,
      at('dns', 'propagation'),
      'expected no more than insync; found a longer time',
    ),
  ];
}
