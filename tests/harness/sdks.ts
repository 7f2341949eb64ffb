// The official SDKs behind a common interface: each deletes a participant, with only its base URL and token set.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import Cloudflare from 'cloudflare';
import Cloudflare6 from 'cloudflare-6';

import { recordAnswer } from './record.ts';
import type { Answer } from './record.ts';

export interface Order {
  base_url: string;
  token: string;
  account_id: string;
  app_id: string;
  meeting_id: string;
  participant_id: string;
}

/** What an SDK shows its caller. */
export interface Seen {
  /** The name of the error class; absent on success. */
  error?: string;
  status?: number;
  errors?: { code: number; message: string }[];
  custom_participant_id?: string | undefined;
  /** The types of the result and of its `created_at`, if the language has them at run time. */
  types?: [string, string];
}

export interface Sdk {
  name: string;
  types?: [string, string];
  delete(order: Order): Promise<Seen>;
}

/** Records every response, to be searched for secrets. */
async function recordingFetch(...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request);
  recordAnswer({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.clone().text(),
  });
  return response;
}

async function seen(
  deletion: PromiseLike<{ success: boolean; data?: { custom_participant_id: string } }>,
  ApiError: typeof Cloudflare.APIError | typeof Cloudflare6.APIError,
): Promise<Seen> {
  try {
    const { data } = await deletion;
    return { custom_participant_id: data?.custom_participant_id };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { status, errors } = error;
    return { error: error.constructor.name, status: status ?? 0, errors: errors as { code: number; message: string }[] };
  }
}

export const typescript7: Sdk = {
  name: 'TypeScript 7.3.0',
  delete({ base_url: baseURL, token: apiToken, participant_id, ...params }) {
    const client = new Cloudflare({ baseURL, apiToken, fetch: recordingFetch });
    return seen(client.realtimeKit.meetings.deleteMeetingParticipant(participant_id, params), Cloudflare.APIError);
  },
};

export const typescript6: Sdk = {
  name: 'TypeScript 6.5.0',
  delete({ base_url: baseURL, token: apiToken, app_id, meeting_id, participant_id, account_id }) {
    const client = new Cloudflare6({ baseURL, apiToken, fetch: recordingFetch as never });
    return seen(
      client.realtimeKit.meetings.deleteMeetingParticipant(app_id, meeting_id, participant_id, { account_id }),
      Cloudflare6.APIError,
    );
  },
};

type PythonLine = Seen & { version?: string; headers?: Record<string, string>; body?: string };

interface PythonProgram {
  delete: Sdk['delete'];
  stop(): void;
}

/** The Python SDK. It is started by the first order: where a name selects other tests, Node.js runs no hook to stop it. */
export function python(interpreter: string): Sdk & PythonProgram {
  let started: PythonProgram | undefined;
  return {
    name: 'Python 5.9.0',
    types: ['MeetingDeleteMeetingParticipantResponse', 'datetime'],
    delete: (order) => (started ??= startPython(interpreter)).delete(order),
    stop: () => started?.stop(),
  };
}

/** Starts the Python SDK in a separate process that ends with its standard input. */
function startPython(interpreter: string): PythonProgram {
  const script = fileURLToPath(new URL('../python/delete_participant.py', import.meta.url));
  const child = spawn(interpreter, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<PythonLine> => {
    const line = await lines.next();
    if (line.done) throw new Error(`${script} ended`);
    return JSON.parse(line.value) as PythonLine;
  };
  let turn: Promise<unknown> = next().then(({ version }) => {
    if (version !== '5.9.0') throw new Error(`the Python SDK is ${version}`);
  });
  return {
    delete(order) {
      const mine = turn.then(async () => {
        child.stdin.write(`${JSON.stringify(order)}\n`);
        const { headers = {}, body = '', ...line } = await next();
        recordAnswer({ status: line.status ?? 200, headers, body } satisfies Answer);
        return line;
      });
      turn = mine;
      return mine;
    },
    stop: () => child.stdin.end(),
  };
}
