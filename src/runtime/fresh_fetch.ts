/**
 * `fetch` without the connections of earlier requests.
 *
 * @module
 */
import { isDeno } from "./mod.ts";

/**
 * As `fetch`, on a connection that no other request has used or will use. One
 * that is kept for later may be dead by then without a word, where the machine
 * has come into another network or has slept: a request over it is not answered.
 */
export async function freshFetch(
  url: string,
  options: RequestInit,
): Promise<Response> {
  if (!isDeno()) {
    const headers = new Headers(options.headers);
    headers.set("connection", "close");
    return await fetch(url, { ...options, headers });
  }
  // What is still to be read of the answer does not need the client.
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  return await fetch(url, { ...options, client });
}
