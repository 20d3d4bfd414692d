import { assertEquals } from "@std/assert";
import { describePeer } from "../../src/peer/proof.ts";

Deno.test("a peer is named with what is proved of it", () => {
  const nickname = "alice";
  assertEquals(
    describePeer({ nickname, verified: true, thumbprint: "key" }),
    "alice, verified",
  );
  assertEquals(
    describePeer({ nickname, verified: false }),
    'somebody who calls itself "alice"',
  );
  assertEquals(describePeer({ nickname }), "alice");
});

Deno.test("a nickname that only looks like a verified one stands between quotes", () => {
  const nickname = "alice, verified";
  assertEquals(describePeer({ nickname }), '"alice, verified"');
  assertEquals(
    describePeer({ nickname, verified: false }),
    'somebody who calls itself "alice, verified"',
  );
});
