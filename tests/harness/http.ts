// Raw HTTP: requests are sent byte for byte as given, and may be pipelined.
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { recordAnswer } from './record.ts';
import type { Answer } from './record.ts';

interface Parsed {
  answer: Answer;
  rest: Buffer;
}

/** Parses one response from the front of `input`; returns `undefined` if it is not yet complete. */
function parse(input: Buffer, ofHead: boolean): Parsed | undefined {
  const headEnd = input.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...fields] = input.subarray(0, headEnd).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
  if (!Number.isInteger(status)) throw new Error(`no HTTP answer: ${statusLine}`);
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).toLowerCase();
    const value = field.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  const rest = input.subarray(headEnd + 4);
  if (status === 100) return parse(rest, ofHead);
  if (ofHead || status === 204 || status === 304) return { answer: { status, headers, body: '' }, rest };
  if (headers['transfer-encoding'] === 'chunked') {
    const chunked = parseChunks(rest);
    return chunked && { answer: { status, headers, body: chunked.body }, rest: chunked.rest };
  }
  const length = Number(headers['content-length'] ?? 0);
  if (rest.length < length) return undefined;
  return {
    answer: { status, headers, body: rest.subarray(0, length).toString() },
    rest: rest.subarray(length),
  };
}

function parseChunks(input: Buffer): { body: string; rest: Buffer } | undefined {
  const pieces: Buffer[] = [];
  for (let rest = input; ; ) {
    const lineEnd = rest.indexOf('\r\n');
    if (lineEnd < 0) return undefined;
    const length = Number.parseInt(rest.subarray(0, lineEnd).toString('latin1'), 16);
    const after = lineEnd + 2 + length + 2;
    if (rest.length < after) return undefined;
    pieces.push(rest.subarray(lineEnd + 2, lineEnd + 2 + length));
    rest = rest.subarray(after);
    if (length === 0) return { body: Buffer.concat(pieces).toString(), rest };
  }
}

/** The responses on one connection, in order, and whether the other side closed it before the last one. */
export interface Exchange {
  answers: Answer[];
  closed: boolean;
}

/**
 * Sends requests over one connection, all at once, and collects as many responses. A server may close the connection
 * after any of them.
 */
export function exchange(
  port: number,
  requests: readonly (Buffer | string)[],
  { timeoutMs = 30_000 } = {},
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const answers: Answer[] = [];
    let input: Buffer = Buffer.alloc(0);
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const bytes = requests.map((request) =>
      typeof request === 'string' ? Buffer.from(request, 'latin1') : request,
    );
    const finish = (closed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ answers, closed });
    };
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => {
      const asked = bytes[answers.length]?.subarray(0, 300).toString('latin1').split('\r\n')[0];
      fail(new Error(`no answer within ${timeoutMs} ms to ${JSON.stringify(asked)}`));
    }, timeoutMs);
    const take = (): void => {
      for (;;) {
        const ofHead = bytes[answers.length]?.subarray(0, 5).toString() === 'HEAD ';
        const parsed = parse(input, ofHead);
        if (!parsed) return;
        answers.push(recordAnswer(parsed.answer));
        input = parsed.rest;
        if (answers.length === bytes.length) return finish(false);
      }
    };
    socket.on('data', (piece) => {
      input = Buffer.concat([input, piece]);
      try {
        take();
      } catch (error) {
        fail(error as Error);
      }
    });
    // A reset after a response is how the server refuses the rest of a request.
    socket.on('error', () => finish(true));
    socket.on('close', () => finish(true));
    socket.write(Buffer.concat(bytes));
  });
}

/** Sends one request byte for byte; returns `undefined` if the connection was closed without a response. */
export async function raw(port: number, request: Buffer | string): Promise<Answer | undefined> {
  const { answers } = await exchange(port, [request]);
  return answers[0];
}
