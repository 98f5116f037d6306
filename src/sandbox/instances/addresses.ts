import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { OperatorError } from '../../errors.ts';
import { cannotListen } from './bundled-app.ts';

/** A block of loopback addresses, `127.n.0.0/16`, that is reserved for one sandbox while it runs. */
export interface AddressBlock {
  /** For example, `127.1`. */
  readonly prefix: string;
  /** The CIDR block of the nth zone. */
  cidr(zone: number): string;
  /** A free address in the nth zone. Throws an `OperatorError` if all are in use. */
  allocate(zone: number): string;
  release(address: string): void;
  free(zone: number): number;
  close(): Promise<void>;
}

/** Port on the block's first address; a socket there reserves the block for this sandbox. */
const HOLD_PORT = 4565;
const BLOCK_MAX = 250;
/** Each zone has a /20, whose first addresses are reserved, as in a subnet of a VPC. */
const ZONE_STEP = 16;
const PER_OCTET = 250;
const RESERVED = 3;
const ZONE_SIZE = ZONE_STEP * PER_OCTET - RESERVED;

export async function reserveBlock(): Promise<AddressBlock> {
  for (let block = 1; block <= BLOCK_MAX; block += 1) {
    const reservation = await tryListen(`127.${block}.0.1`);
    if (reservation) return addressBlock(`127.${block}`, reservation);
  }
  throw new OperatorError(
    'loopback-full',
    `All ${BLOCK_MAX} blocks of loopback addresses are in use by other sandboxes.`,
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

function addressBlock(prefix: string, reservation: Server): AddressBlock {
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
      reservation.close();
      await once(reservation, 'close');
    },
  };
}
