// The SDK, imported as in its README.
import Cloudflare from "cloudflare";
import { workerWith } from "./worker.js";

export default workerWith((options) => new Cloudflare(options));
