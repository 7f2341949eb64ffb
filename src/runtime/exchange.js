// What removals exchange with the runtime, each in one call: a value that crosses between Wasm and JavaScript costs
// more than what is done with it here (docs/benchmarks.md has the measurements). Nothing is decided in this file.

// Sends one request to RealtimeKit. The text is read at once where its length is known and allowed; it is left to the
// caller where not. A status that says everything does not wait for its body, which might never come.
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

// Gives up reading a body. Where the sender has gone already, there is nothing to give up, and that is no error.
export function abandon(reader) {
  reader.cancel().catch(() => {});
}

// Runs one SQL statement of a ledger. Its values and its rows cross as JSON, two texts in place of each value for itself.
export function query(storage, statement, values) {
  return JSON.stringify(storage.sql.exec(statement, ...JSON.parse(values)).raw().toArray());
}
