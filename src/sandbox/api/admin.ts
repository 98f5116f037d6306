import { ApiError, type AdminPage } from '../service.ts';
import type { Faults, FaultSpec } from './faults.ts';
import type { WireRequest } from './protocol.ts';
import { ownValue } from '../records.ts';

/** Path of the admin pages; AWS does not use it. */
export const ADMIN = '/_turnout';

/** Answers `GET /_turnout` (list of pages), `GET|POST|DELETE /_turnout/<page>`, `DELETE /_turnout/faults/<id>`. */
export async function adminAnswer(
  pages: Readonly<Record<string, AdminPage>>,
  faults: Faults,
  request: WireRequest,
): Promise<{ status: number; body: string }> {
  try {
    const result = await handle(pages, faults, request);
    return { status: 200, body: `${JSON.stringify(result ?? {}, null, 2)}\n` };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return {
      status: error.status,
      body: `${JSON.stringify({ error: error.code, message: error.message }, null, 2)}\n`,
    };
  }
}

function handle(pages: Readonly<Record<string, AdminPage>>, faults: Faults, request: WireRequest): unknown {
  const [name = '', id] = request.path.slice(ADMIN.length + 1).split('/');
  if (name === '') return { pages: Object.keys(pages).map((page) => `${ADMIN}/${page}`) };
  const page = ownValue(pages, name);
  if (!page) throw new ApiError('NoSuchPage', `There is no ${ADMIN}/${name}. See ${ADMIN}.`, 404);
  if (name === 'faults' && id !== undefined) return removeFault(faults, id, request.method);
  if (request.method === 'GET' && page.read) return page.read();
  if (request.method === 'POST' && page.write) return page.write(bodyOf(request));
  if (request.method === 'DELETE' && page.reset) return page.reset();
  throw new ApiError('MethodNotAllowed', `${ADMIN}/${name} does not accept ${request.method}.`, 405);
}

function removeFault(faults: Faults, id: string, method: string): void {
  if (method !== 'DELETE') throw new ApiError('MethodNotAllowed', `${ADMIN}/faults/${id} accepts DELETE only.`, 405);
  if (!faults.remove(id)) throw new ApiError('NoSuchFault', `There is no fault ${id}; it may have ended.`, 404);
}

/** Accepts JSON only: a web page cannot send it to another origin without a CORS preflight request. */
function bodyOf(request: WireRequest): unknown {
  if (!String(request.headers['content-type'] ?? '').startsWith('application/json')) {
    throw new ApiError('UnsupportedMediaType', 'Send JSON, with "content-type: application/json".', 415);
  }
  try {
    return JSON.parse(request.body);
  } catch {
    throw new ApiError('InvalidJson', 'The request body is not valid JSON.');
  }
}

export function faultsPage(faults: Faults): AdminPage {
  return {
    read: () => faults.list(),
    write: (body) => ({ id: faults.add(body as FaultSpec) }),
    reset: () => faults.clear(),
  };
}
