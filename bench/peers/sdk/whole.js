// The SDK as its README imports it.
import Cloudflare from "cloudflare";
import { workerWith } from "./worker.js";

export default workerWith((options) => new Cloudflare(options));
