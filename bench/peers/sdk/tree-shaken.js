// The SDK with only the resources that the DELETE needs.
import { BaseRealtimeKit } from "cloudflare/resources/realtime-kit/realtime-kit";
import { BaseMeetings } from "cloudflare/resources/realtime-kit/meetings";
import { createClient } from "cloudflare/tree-shakable";
import { workerWith } from "./worker.js";

export default workerWith((options) =>
  createClient({ ...options, resources: [BaseRealtimeKit, BaseMeetings] }),
);
