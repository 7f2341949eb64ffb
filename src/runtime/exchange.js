// What removals exchange with the runtime, one call each: passing a value between Wasm and JavaScript costs more than
// what is done with it here (docs/benchmarks.md has the measurements). This file makes no decisions.

// Sends one request to RealtimeKit. The body is read at once if its length is known and within the limit, and is
// otherwise left to the caller. If the status says everything, the body is not waited for: it might never come.
export async function send(url, method, authorization, userAgent, body, milliseconds, longest) {
  const headers = {
    authorization,
    accept: "application/json",
    // Makes content-length the length of what is read.
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
    // Following a redirect would send the token to wherever it points.
    redirect: "manual",
    signal: AbortSignal.timeout(milliseconds),
  });
  const { headers: received, status } = response;
  let text;
  if (status >= 300 && (status < 400 || status >= 500 || status === 401 || status === 403 || status === 429)) {
    text = "";
    response.body?.cancel().catch(() => {});
  } else if (parseInt(received.get("content-length"), 10) <= longest && !received.has("content-encoding")) {
    text = await response.text();
  }
  return {
    response,
    status,
    text,
    cfRay: received.get("cf-ray"),
    ratelimit: received.get("ratelimit"),
    ratelimitPolicy: received.get("ratelimit-policy"),
  };
}

// Creates a response. `more` alternates between the names and values of the headers that not every answer has.
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

// Stops reading a body. Where its sender is gone, cancelling fails, and an unhandled rejection would be reported.
export function abandon(reader) {
  reader.cancel().catch(() => {});
}

// Runs one SQL statement of a ledger. Values and rows cross as JSON: two strings, instead of each value on its own.
export function query(storage, statement, values) {
  return JSON.stringify(storage.sql.exec(statement, ...JSON.parse(values)).raw().toArray());
}
