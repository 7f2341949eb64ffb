// Verifies a delivery according to Standard Webhooks and stores it in a Durable Object before responding.
import { DurableObject } from "cloudflare:workers";

const TOLERANCE_SECONDS = 300;
const encoder = new TextEncoder();
let key;

export default {
  async fetch(request, env) {
    const id = request.headers.get("svix-id");
    const time = request.headers.get("svix-timestamp");
    const signature = request.headers.get("svix-signature");
    const body = await request.text();
    if (!(Math.abs(Date.now() / 1000 - Number(time)) <= TOLERANCE_SECONDS)) {
      return new Response("too old", { status: 401 });
    }
    key ??= await secretKey(JSON.parse(env.WEBHOOK_SECRETS).clerk);
    const signed = encoder.encode(`${id}.${time}.${body}`);
    const given = bytes(signature.slice("v1,".length));
    if (!(await crypto.subtle.verify("HMAC", key, given, signed))) {
      return new Response("bad signature", { status: 401 });
    }
    const event = JSON.parse(body);
    const stub = env.LEDGER.get(env.LEDGER.idFromName("deliveries"));
    return stub.fetch("http://deliveries/", {
      method: "POST",
      body: JSON.stringify({ id, type: event.type, user: event.data.id }),
    });
  },
};

export class Deliveries extends DurableObject {
  constructor(state, env) {
    super(state, env);
    state.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS deliveries (id TEXT PRIMARY KEY, type TEXT NOT NULL, user TEXT NOT NULL)",
    );
  }

  async fetch(request) {
    const { id, type, user } = await request.json();
    this.ctx.storage.sql.exec(
      "INSERT INTO deliveries (id, type, user) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      id,
      type,
      user,
    );
    return Response.json({ success: true, result: { id } });
  }
}

function secretKey(secret) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", bytes(secret.slice("whsec_".length)), algorithm, false, ["verify"]);
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
