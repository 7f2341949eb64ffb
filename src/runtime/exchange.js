// What a removal exchanges with the runtime, each in one call: a value that crosses between Wasm and JavaScript costs
// more than what is done with it here (docs/benchmarks.md has the measurements). Nothing is decided in this file.

// Sends one request to RealtimeKit. The text is read at once where its length is known and allowed; it is left to the
// caller where not.
export async function send(url, method, authorization, userAgent, body, milliseconds, longest) {
  const headers = {
    authorization,
    accept: "application/json",
    // So that content-length is the length of what is read.
    "accept-encoding": "identity",
    "user-agent": userAgent,
  };
  if (body !== undefined) {
    headers["content-type"] = "application/json";
  }
  const response = await fetch(url, {
    method,
    headers,
    body,
    // A redirect that is followed would take the token to wherever it points.
    redirect: "manual",
    signal: AbortSignal.timeout(milliseconds),
  });
  const length = parseInt(response.headers.get("content-length"), 10);
  return {
    response,
    status: response.status,
    text: length <= longest ? await response.text() : undefined,
    cfRay: response.headers.get("cf-ray"),
    ratelimit: response.headers.get("ratelimit"),
    ratelimitPolicy: response.headers.get("ratelimit-policy"),
  };
}

// Makes a response. `more` holds the names and values, in turn, of the headers that not every answer has.
export function respond(status, body, requestId, more) {
  const headers = {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-request-id": requestId,
  };
  for (let at = 0; at < more.length; at += 2) {
    headers[more[at]] = more[at + 1];
  }
  return new Response(body, { status, headers });
}
