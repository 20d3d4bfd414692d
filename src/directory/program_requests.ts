/**
 * What requests of programs have besides `fetch`: connections of their own,
 * proxies of one's own choice, and the reasons of failures, which browsers do
 * not tell.
 *
 * @module
 */
import { freshFetch } from "../runtime/fresh_fetch.ts";
import { fetchReason } from "./reasons.ts";
import { addProgramRequests } from "./requests.ts";

addProgramRequests({
  fetchReason,
  async open(url, options, proxy) {
    if (proxy === undefined) {
      return await freshFetch(url, { ...options, redirect: "error" });
    }
    const { fetchThrough } = await import("./http_through.ts");
    return await fetchThrough(url, options, proxy);
  },
});
