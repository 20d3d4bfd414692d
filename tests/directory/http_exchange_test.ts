// Requests of node:http as those of the Fetch standard.
import { assertEquals } from "@std/assert";
import type { IncomingMessage } from "node:http";
import { toRequest } from "../../src/directory/http_exchange.ts";

Deno.test("a request has the headers that came, and no others", () => {
  const cases: [raw: string[], headers: [string, string][]][] = [
    [[], []],
    [["Accept", "a"], [["accept", "a"]]],
    [["Accept", "a", "X", "", "accept", "b"], [["accept", "a, b"], ["x", ""]]],
  ];
  for (const [rawHeaders, headers] of cases) {
    const incoming = { method: "GET", url: "/v1/peers/bob?x", rawHeaders };
    const request = toRequest(incoming as IncomingMessage)!;
    assertEquals([...request.headers], headers);
    assertEquals(request.url, "http://directory/v1/peers/bob?x");
  }
});
