import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { BOTH, gatesOf, HTTP_GATE, serve } from '../support/gates.ts';

describe('a webhook', () => {
  const judge = async (answer: (response: ServerResponse) => void, timeoutMs = 2000) => {
    const seen: { body: string; token: unknown }[] = [];
    const url = await serve((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        seen.push({ body, token: request.headers.authorization });
        answer(response);
      });
    });
    const headers = { authorization: 'Bearer t' };
    return {
      seen,
      judged: await gatesOf({ ...HTTP_GATE, kind: 'webhook', name: 'judge', url, headers, timeoutMs }).judge(BOTH),
    };
  };

  test.each([
    [204, '', 'pass', 'HTTP 204'],
    [200, 'looks good\n', 'pass', 'looks good'],
    [422, 'the queue grows', 'fail', 'the queue grows'],
    [503, 'sorry', 'inconclusive', 'HTTP 503'],
    [302, '', 'inconclusive', 'HTTP 302'],
  ])('that answers %i %s: %s', async (status, text, verdict, why) => {
    const { seen, judged } = await judge((response) => response.writeHead(status).end(text));
    expect(judged).toMatchObject({ verdict, why, numbers: { status } });
    expect(seen[0]?.token).toBe('Bearer t');
    expect(JSON.parse(seen[0]!.body)).toEqual({
      environment: 'shop',
      gate: 'judge',
      release: '42',
      before: '41',
      percent: 50,
      seconds: 600,
      of: 600,
    });
  });

  test('that does not answer tells nothing', async () => {
    expect((await judge(() => {}, 100)).judged).toMatchObject({ verdict: 'inconclusive' });
    expect(
      await gatesOf({ ...HTTP_GATE, kind: 'webhook', name: 'judge', url: 'http://127.0.0.1:2' }).judge(),
    ).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('Prometheus', () => {
  const vector = (...values: readonly string[]) => ({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, value] })) },
  });
  const judge = async (answer: object | string, status = 200) => {
    const asked: string[] = [];
    const url = await serve((request, response) => {
      asked.push(new URL(request.url!, 'http://x').searchParams.get('query') ?? '');
      response.writeHead(status).end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
    const query = 'errors{release="{release}"} / errors{release="{before}"}';
    const gate = { ...HTTP_GATE, kind: 'prometheus', name: 'ratio', url: `${url}/`, query, max: 2, min: 0.5 } as const;
    return { asked, judged: await gatesOf(gate).judge(BOTH) };
  };

  test.each([
    [vector('1.5'), 'pass', '1.5, at least 0.5 and at most 2 allowed'],
    [vector('2.5'), 'fail', '2.5, at least 0.5 and at most 2 allowed'],
    [vector('0.1'), 'fail', '0.1, at least 0.5 and at most 2 allowed'],
    [{ status: 'success', data: { resultType: 'scalar', result: [1, '1'] } }, 'pass', '1, at least'],
    [vector(), 'inconclusive', 'the query has no data'],
    [vector('NaN'), 'inconclusive', "the query's value is NaN"],
    [vector('1', '2'), 'inconclusive', 'the query has 2 series'],
    [{ status: 'error', error: 'parse error' }, 'inconclusive', 'parse error'],
    ['<html>', 'inconclusive', 'not JSON: <html>'],
  ])('%j: %s', async (answer, verdict, why) => {
    const { asked, judged } = await judge(answer);
    expect(judged).toMatchObject({ verdict, why: expect.stringContaining(why) });
    expect(asked).toEqual(['errors{release="42"} / errors{release="41"}']);
  });

  test('an error of the server is no value', async () => {
    expect((await judge(vector('1'), 500)).judged).toMatchObject({ verdict: 'inconclusive', why: 'HTTP 500' });
  });
});
