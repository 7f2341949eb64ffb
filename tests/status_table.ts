// The rows of the status table: the request, what happens upstream, and the result.
import type { ExpectedError } from './harness/expect.ts';
import type { FaultRule, Participant } from './harness/stand_in.ts';
import { ACCOUNT, API_TOKEN, APPS, CALLERS, OTHER_APP, longPath } from './harness/world.ts';

export interface Row extends ExpectedError {
  name: string;
  /** The requested path; defaults to the participant's own. */
  path?: (participant: Participant) => string;
  method?: string;
  token?: string | null;
  headers?: Record<string, string>;
  /** The values of the `authorization` header, byte for byte. */
  authorization?: string[];
  /** What happens to the participant's requests upstream. */
  fault?: FaultRule['fault'] & { times?: number };
  /** What RealtimeKit saw: a status for each request, `null` if the connection broke. */
  upstream?: (number | null)[];
  answerHeaders?: Record<string, string | RegExp>;
}

const token = CALLERS['support-desk'];
const long = (change: (path: string) => string) => (p: Participant) => change(longPath(p.path));
const v4 = (status: number, code: number, message: string) =>
  ({ kind: 'status', status, shape: 'v4', code, message }) as const;
const kit = (status: number, code: number, message: string) =>
  ({ kind: 'status', status, shape: 'realtimekit', code, message }) as const;

export const TABLE: Record<string, Row[]> = {
  '400, 1101: a field breaks its rule': [
    { name: 'no UUID', path: (p: Participant) => `/meetings/not-a-uuid/participants/${p.id}`, pointer: '/meeting_id' },
    { name: 'a UUID in braces', path: (p: Participant) => `/meetings/%7B${p.meeting}%7D/participants/${p.id}`, pointer: '/meeting_id' },
    { name: 'a dot in the id', path: (p: Participant) => `${p.path}.x`, pointer: '/participant_id' },
    { name: 'an encoded slash', path: (p: Participant) => `${p.path}%2F..%2Fx`, pointer: '/participant_id' },
    { name: '129 characters', path: (p: Participant) => p.path.replace(p.id, p.id.padEnd(129, 'a')), pointer: '/participant_id' },
    { name: 'no participant', path: (p: Participant) => `/meetings/${p.meeting}/participants/`, pointer: '/participant_id' },
    { name: 'an account of 33 characters', path: long((l) => l.replace(ACCOUNT, `${ACCOUNT}0`)), pointer: '/account_id' },
    { name: 'a hyphen in the account', path: long((l) => l.replace(ACCOUNT, 'a-b')), pointer: '/account_id' },
    { name: 'an app with a dot', path: long((l) => l.replace(APPS[0], 'app.one')), pointer: '/app_id' },
    { name: 'an app of 33 characters', path: long((l) => l.replace(APPS[0], 'a'.repeat(33))), pointer: '/app_id' },
    { name: 'kick=maybe', path: (p: Participant) => `${p.path}?kick=maybe`, pointer: '/kick' },
    { name: 'kick twice', path: (p: Participant) => `${p.path}?kick=true&kick=true`, pointer: '/kick' },
    { name: 'another parameter', path: (p: Participant) => `${p.path}?kik=true`, pointer: '/kik' },
  ].map((row) => ({ ...row, status: 400, code: 1101 })),

  '401, 1102: nobody that is known': [
    { name: 'no token', token: null },
    { name: 'no scheme', authorization: [token] },
    { name: 'another scheme', authorization: [`Basic ${token}`] },
    { name: 'an empty token', authorization: ['Bearer '] },
    { name: 'an unknown token', token: 'x'.repeat(32) },
    { name: 'one character less', token: token.slice(0, -1) },
    { name: 'one character more', token: `${token}x` },
    { name: 'another case', token: token.toUpperCase() },
    { name: 'two tokens in one header', authorization: [`Bearer ${token}, Bearer ${token}`] },
    { name: 'the header twice', authorization: [`Bearer ${token}`, `Bearer ${token}`] },
    { name: 'a right and a wrong header', authorization: ['Bearer x', `Bearer ${token}`] },
    { name: 'our API token', token: API_TOKEN },
    { name: 'an X-Auth-Key', token: null, headers: { 'x-auth-key': token, 'x-auth-email': 'a@example.com' } },
    { name: 'a bad id as well', token: null, path: (p: Participant) => `${p.path}.x` },
    { name: 'another account as well', token: null, path: long((l) => l.replace(ACCOUNT, 'a'.repeat(32))) },
  ].map((row) => ({ ...row, status: 401, code: 1102, answerHeaders: { 'www-authenticate': 'Bearer' } })),

  '403, 1103: not served here': [
    { name: 'another account', path: long((l) => l.replace(ACCOUNT, 'a'.repeat(32))), pointer: '/account_id' },
    { name: 'the account in another case', path: long((l) => l.replace(ACCOUNT, ACCOUNT.toUpperCase())), pointer: '/account_id' },
    { name: 'an app of the account that is not configured', path: long((l) => l.replace(APPS[0], OTHER_APP)), pointer: '/app_id' },
    { name: 'the app in another case', path: long((l) => l.replace(APPS[0], APPS[0].toUpperCase())), pointer: '/app_id' },
  ].map((row) => ({ ...row, status: 403, code: 1103 })),

  '404, 1104: no such route': [
    { name: 'the root', path: () => '/' },
    { name: 'the meeting itself', path: (p: Participant) => `/meetings/${p.meeting}` },
    { name: 'a slash at the end', path: (p: Participant) => `${p.path}/` },
    { name: 'another endpoint of the API', path: long((l) => `${l}/token`) },
    { name: 'kicking everyone', method: 'POST', path: long((l) => l.replace(/participants.*/, 'active-session/kick-all')) },
    { name: 'the short path under /client/v4', path: (p: Participant) => `/client/v4${p.path}` },
    { name: 'double slashes', path: (p: Participant) => p.path.replaceAll('/', '//') },
  ].map((row) => ({ ...row, status: 404, code: 1104 })),

  'RealtimeKit\'s own 4xx keeps its status, code and message': [
    { name: '404', path: (p) => `${p.path}-nobody`, status: 404, code: 404, message: /No user found|[Nn]ot found/, upstream: [404], answerHeaders: { 'participant-removal-outcome': 'already_absent' } },
    { name: '400', fault: kit(400, 4711, 'The participant is odd'), status: 400, code: 4711, message: /^The participant is odd$/, upstream: [400] },
    { name: '404 in the v4 envelope', fault: v4(404, 7003, 'Could not route'), status: 404, code: 7003, message: /^Could not route$/, upstream: [404] },
    { name: '409', fault: kit(409, 9, 'Busy'), status: 409, code: 9, message: /^Busy$/, upstream: [409] },
    { name: '422', fault: kit(422, 22, 'Unprocessable'), status: 422, code: 22, message: /^Unprocessable$/, upstream: [422] },
    { name: 'a code that is a text', fault: { kind: 'status', status: 410, body: { success: false, error: { code: '77', message: 'Gone' } } }, status: 410, code: 77, message: /^Gone$/, upstream: [410] },
    { name: 'no code and no message', fault: { kind: 'status', status: 418, body: { success: false } }, status: 418, code: 418, upstream: [418] },
  ],

  '405, 1105: another method': [
    { name: 'GET', method: 'GET', answerHeaders: { allow: 'DELETE' } },
    { name: 'POST', method: 'POST', answerHeaders: { allow: 'DELETE' } },
    { name: 'PATCH on the long path', method: 'PATCH', path: long((l) => l), answerHeaders: { allow: 'DELETE' } },
    { name: 'OPTIONS', method: 'OPTIONS', answerHeaders: { allow: 'DELETE' } },
    { name: 'DELETE /healthz', path: () => '/healthz', answerHeaders: { allow: 'GET, HEAD' } },
  ].map((row) => ({ ...row, status: 405, code: 1105 })),

  '429, 1108: RealtimeKit\'s limit': [
    { name: 'with retry-after', status: 429, code: 1108, retry: true, fault: { kind: 'status', status: 429, headers: { 'retry-after': '300' } }, message: /300 s/, upstream: [429], answerHeaders: { 'retry-after': '300', 'participant-removal-outcome': 'failed' } },
    { name: 'with retry-after-ms', status: 429, code: 1108, retry: true, fault: { kind: 'status', status: 429, headers: { 'retry-after-ms': '299001' } }, upstream: [429], answerHeaders: { 'retry-after': '300', 'retry-after-ms': '299001' } },
    { name: 'whose body never comes', status: 429, code: 1108, retry: true, fault: { kind: 'status', status: 429, headers: { 'retry-after': '300', 'cf-ray': '8f1-TST' }, stall: true }, message: /300 s.*cf-ray 8f1-TST/, upstream: [429], answerHeaders: { 'retry-after': '300', 'participant-removal-outcome': 'failed' } },
    { name: 'without a time, to the last attempt', status: 429, code: 1108, retry: true, fault: { kind: 'status', status: 429, times: 0 }, upstream: [429, 429, 429] },
  ],

  '502, 1109: an answer that is not RealtimeKit\'s contract': [
    { name: 'a redirect', fault: { kind: 'redirect', location: '/elsewhere' }, message: /redirect/, upstream: [307] },
    { name: 'a redirect whose body never comes', fault: { kind: 'status', status: 302, headers: { location: '/elsewhere' }, stall: true }, message: /redirect/, upstream: [302] },
    { name: 'HTML with 200', fault: { kind: 'html' }, message: /not the JSON/, upstream: [200] },
    { name: 'HTML with 404', fault: { kind: 'html', status: 404 }, message: /CLOUDFLARE_API_BASE_URL/, upstream: [404] },
    { name: 'broken JSON', fault: { kind: 'broken_json' }, message: /not the JSON/, upstream: [200] },
    { name: 'JSON of another type', fault: { kind: 'status', status: 200, body: { success: true, data: { created_at: 5 } } }, message: /not the JSON/, upstream: [200] },
    { name: 'success:false with 200', fault: { kind: 'success_false' }, message: /success:false/, upstream: [200] },
    { name: '204', fault: { kind: 'no_content' }, upstream: [204] },
    { name: 'more than 1 MiB, announced', fault: { kind: 'oversize', bytes: 1024 * 1024 + 1 }, message: /1 MiB/, upstream: [200] },
    { name: 'more than 1 MiB, in pieces', fault: { kind: 'oversize', bytes: 3_000_000, content_length: false }, message: /1 MiB/, upstream: [200] },
  ].map((row) => ({ ...row, status: 502, code: 1109 })),

  // Broken connections are in retries.test.ts, with their own Worker.
  '502, 1109: still failing at the last attempt': [
    { name: '500', fault: { kind: 'status', status: 500, times: 0 }, message: /500.*3 attempts.*unknown/, upstream: [500, 500, 500] },
    { name: '502', fault: { kind: 'status', status: 502, times: 0 }, message: /502/, upstream: [502, 502, 502] },
    { name: '503', fault: { kind: 'status', status: 503, times: 0 }, message: /503/, upstream: [503, 503, 503] },
    { name: '504', fault: { kind: 'status', status: 504, times: 0 }, message: /504/, upstream: [504, 504, 504] },
    { name: '500 whose body never comes', fault: { kind: 'status', status: 500, times: 0, stall: true }, message: /500.*3 attempts.*unknown/, upstream: [500, 500, 500] },
    { name: '520', fault: { kind: 'status', status: 520, times: 0 }, message: /520/, upstream: [520] },
    { name: '501, which a retry does not mend', retry: false, fault: { kind: 'status', status: 501, times: 0 }, message: /501/, upstream: [501] },
  ].map((row) => ({ retry: true, ...row, status: 502, code: 1109, answerHeaders: { 'participant-removal-outcome': 'unknown' } })),

  '502, 1110: our API token is refused': [
    { name: '401', fault: v4(401, 10000, 'Authentication error'), message: /CLOUDFLARE_API_TOKEN/, upstream: [401] },
    { name: '403', fault: v4(403, 10000, 'Authentication error'), message: /CLOUDFLARE_API_TOKEN/, upstream: [403] },
    { name: '401 whose body never comes', fault: { kind: 'status', status: 401, stall: true }, message: /CLOUDFLARE_API_TOKEN/, upstream: [401] },
    { name: '400, since a header cannot hold such a token', fault: v4(400, 6003, 'Invalid request headers'), message: /CLOUDFLARE_API_TOKEN/, upstream: [400] },
  ].map((row) => ({ ...row, status: 502, code: 1110 })),
};
