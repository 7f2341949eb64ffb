// The DELETE with the official SDK, for the same callers as participant-remover.
import { APIError } from "cloudflare/error";

const PATH =
  /^\/client\/v4\/accounts\/([^/]+)\/realtime\/kit\/([^/]+)\/meetings\/([^/]+)\/participants\/([^/]+)$/;
const encoder = new TextEncoder();

// `newClient` creates the SDK's client from its options, once per isolate.
export function workerWith(newClient) {
  let client;
  let tokens;
  return {
    async fetch(request, env) {
      tokens ??= Object.values(JSON.parse(env.CALLER_TOKENS)).map((token) => encoder.encode(token));
      if (!isCaller(request.headers.get("authorization"), tokens)) {
        return failure(401, "unknown caller token");
      }
      const path = PATH.exec(new URL(request.url).pathname);
      if (request.method !== "DELETE" || !path) {
        return failure(404, "no such route");
      }
      client ??= newClient({
        apiToken: env.CLOUDFLARE_API_TOKEN,
        baseURL: env.CLOUDFLARE_API_BASE_URL,
      });
      const [, account_id, app_id, meeting_id, participantId] = path;
      try {
        const result = await client.realtimeKit.meetings.deleteMeetingParticipant(participantId, {
          account_id,
          app_id,
          meeting_id,
        });
        return Response.json(result);
      } catch (error) {
        if (error instanceof APIError) {
          return failure(error.status ?? 502, error.message);
        }
        throw error;
      }
    },
  };
}

function isCaller(authorization, tokens) {
  if (!authorization?.startsWith("Bearer ")) {
    return false;
  }
  const given = encoder.encode(authorization.slice("Bearer ".length));
  let found = false;
  for (const token of tokens) {
    if (token.byteLength === given.byteLength && crypto.subtle.timingSafeEqual(token, given)) {
      found = true;
    }
  }
  return found;
}

function failure(status, message) {
  return Response.json({ success: false, errors: [{ message }], messages: [], result: null }, { status });
}
