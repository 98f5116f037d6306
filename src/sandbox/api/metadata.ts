import type { Clock } from '../../clock.ts';
import type { Machine, Machines } from '../service.ts';
import { ADMIN } from './admin.ts';
import type { WireRequest } from './protocol.ts';

/** On AWS all instances use one link-local address for metadata; here each instance has its own path. */
const METADATA = `${ADMIN}/metadata`;

export interface MetadataAnswer {
  readonly status: number;
  readonly body: string;
}

const TTL = 'x-aws-ec2-metadata-token-ttl-seconds';
const TOKEN = 'x-aws-ec2-metadata-token';
const TTL_MAX_S = 21_600;

const VALUES: Readonly<Record<string, (machine: Machine) => string>> = {
  'instance-id': ({ id }) => id,
  'local-ipv4': ({ address }) => address,
  'placement/availability-zone': ({ zone }) => zone,
};

const UNAUTHORIZED: MetadataAnswer = { status: 401, body: '' };
const NOT_FOUND: MetadataAnswer = { status: 404, body: '' };

/** Serves `/_turnout/metadata/<instance>/latest/...`; only IMDSv2, with a token (EC2 user guide, "Use IMDSv2"). */
export function createMetadata(machines: Machines, clock: Clock): (request: WireRequest) => MetadataAnswer | undefined {
  return ({ method, path, headers }) => {
    if (!path.startsWith(`${METADATA}/`)) return undefined;
    const [, id = '', rest = ''] = /^([^/]+)\/latest\/(.*)$/.exec(path.slice(METADATA.length + 1)) ?? [];
    const machine = machines.find(id);
    if (machine?.state !== 'running') return NOT_FOUND;
    if (method === 'PUT' && rest === 'api/token') return giveToken(id, headers, clock);
    if (!isValid(headers[TOKEN], id, clock)) return UNAUTHORIZED;
    const value = rest.startsWith('meta-data/') ? VALUES[rest.replace('meta-data/', '')] : undefined;
    return method === 'GET' && value ? { status: 200, body: value(machine) } : NOT_FOUND;
  };
}

/** A request that came through a proxy gets no token (EC2 user guide, "Use IMDSv2"). */
function giveToken(id: string, headers: WireRequest['headers'], clock: Clock): MetadataAnswer {
  if (headers['x-forwarded-for'] !== undefined) return { status: 403, body: '' };
  const seconds = Number(headers[TTL]);
  if (!(seconds >= 1 && seconds <= TTL_MAX_S)) return { status: 400, body: '' };
  return { status: 200, body: Buffer.from(`${id} ${clock.monotonic() + seconds * 1000}`).toString('base64url') };
}

function isValid(token: string | readonly string[] | undefined, id: string, clock: Clock): boolean {
  const [owner, until] = Buffer.from(String(token ?? ''), 'base64url')
    .toString()
    .split(' ');
  return owner === id && Number(until) > clock.monotonic();
}
