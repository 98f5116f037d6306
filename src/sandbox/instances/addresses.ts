import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { OperatorError } from '../../errors.ts';
import { cannotListen } from './bundled-app.ts';

/** A block of loopback addresses, `127.n.0.0/16`, that belongs to one sandbox as long as it runs. */
export interface AddressBlock {
  /** Such as `127.1`. */
  readonly prefix: string;
  /** The block's part for the nth zone, as a CIDR. */
  cidr(zone: number): string;
  /** An address that no instance has, in the nth zone's part. Throws an `OperatorError` when all are in use. */
  allocate(zone: number): string;
  release(address: string): void;
  free(zone: number): number;
  close(): Promise<void>;
}

/** Held on the block's first address so that two sandboxes on one machine get different blocks. */
const HOLD_PORT = 4565;
const BLOCK_MAX = 250;
/** Each zone has a /20, of which the first addresses are reserved as in a VPC's subnet. */
const ZONE_STEP = 16;
const PER_OCTET = 250;
const RESERVED = 3;
const ZONE_SIZE = ZONE_STEP * PER_OCTET - RESERVED;

export async function reserveBlock(): Promise<AddressBlock> {
  for (let block = 1; block <= BLOCK_MAX; block += 1) {
    const hold = await tryListen(`127.${block}.0.1`);
    if (hold) return addressBlock(`127.${block}`, hold);
  }
  throw new OperatorError(
    'loopback-full',
    `All ${BLOCK_MAX} blocks of loopback addresses are held by other sandboxes.`,
    {
      next: ['Stop some of them.'],
    },
  );
}

async function tryListen(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.unref().listen(HOLD_PORT, address);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw cannotListen(address, HOLD_PORT, error);
  }
}

function addressBlock(prefix: string, hold: Server): AddressBlock {
  const used = new Set<string>();
  const next = new Map<number, number>();
  const address = (zone: number, index: number) => {
    const place = (index % ZONE_SIZE) + RESERVED;
    return `${prefix}.${zone * ZONE_STEP + Math.floor(place / PER_OCTET)}.${(place % PER_OCTET) + 1}`;
  };
  const free = (zone: number) => {
    const own = (taken: string) => Math.floor(Number(taken.split('.')[2]) / ZONE_STEP) === zone;
    return ZONE_SIZE - [...used].filter(own).length;
  };
  return {
    prefix,
    cidr: (zone) => `${prefix}.${zone * ZONE_STEP}.0/20`,
    allocate(zone) {
      const first = next.get(zone) ?? 0;
      for (let index = first; index < first + ZONE_SIZE; index += 1) {
        const candidate = address(zone, index);
        if (used.has(candidate)) continue;
        next.set(zone, index + 1);
        used.add(candidate);
        return candidate;
      }
      throw new OperatorError('addresses-full', `All ${ZONE_SIZE} addresses of the zone are in use.`);
    },
    release: (taken) => void used.delete(taken),
    free,
    close: async () => {
      hold.close();
      await once(hold, 'close');
    },
  };
}
