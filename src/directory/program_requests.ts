/**
 * What requests of programs have besides `fetch`: proxies of one's own choice,
 * and the reasons of failures, which browsers do not tell.
 *
 * @module
 */
import { fetchReason } from "./reasons.ts";
import { addProgramRequests } from "./requests.ts";

addProgramRequests({
  fetchReason,
  async fetchThrough(url, options, proxy) {
    const { fetchThrough } = await import("./http_through.ts");
    return await fetchThrough(url, options, proxy);
  },
});
