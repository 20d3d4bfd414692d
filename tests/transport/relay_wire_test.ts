// What relays and listeners say to each other, and what of it is kept.
import { assertEquals } from "@std/assert";
import {
  isToken,
  readListenerMessage,
  readRelayMessage,
} from "../../src/transport/relay_wire.ts";

const TOKEN = "t".repeat(22);

/** What is understood of what a relay says. */
function relaySays(said: unknown): unknown {
  return readRelayMessage(JSON.stringify(said));
}

Deno.test("a token has 22 to 64 characters of base64url", () => {
  const sizes = [21, 22, 64, 65].map((size) => isToken("_".repeat(size)));
  assertEquals(sizes, [false, true, true, false]);
  for (const odd of [`${TOKEN}=`, `${TOKEN} `, `${TOKEN}\n`, 5, null]) {
    assertEquals([odd, isToken(odd)], [odd, false]);
  }
});

Deno.test("what a relay says is one of four things, and anything else is nothing", () => {
  assertEquals(relaySays({ challenge: TOKEN, call: TOKEN }), {
    challenge: TOKEN,
  });
  assertEquals(relaySays({ listening: true, error: "x" }), { listening: true });
  assertEquals(relaySays({ call: TOKEN, from: "192.0.2.7" }), {
    call: TOKEN,
    from: "192.0.2.7",
  });
  assertEquals(relaySays({ error: "full", detail: "later" }), {
    error: "full",
    detail: "later",
  });
  assertEquals(relaySays({ error: "full" }), { error: "full", detail: "" });
  const odds = [
    { challenge: "short" },
    { listening: 1 },
    { call: "short" },
    { error: 5 },
    [],
    null,
    "text",
    7,
  ];
  for (const odd of odds) assertEquals(relaySays(odd), undefined);
  assertEquals(readRelayMessage("{"), undefined);
});

Deno.test("an address from a relay is one, and its texts are cut at 200 characters", () => {
  const froms = ["x".repeat(5), "1".repeat(46), "1", 5, "1\x1b"];
  for (const from of froms) {
    assertEquals(relaySays({ call: TOKEN, from }), {
      call: TOKEN,
      from: "unknown",
    });
  }
  const long = "x".repeat(201);
  const kept = "x".repeat(200);
  assertEquals(relaySays({ call: TOKEN, from: "::1", origin: long }), {
    call: TOKEN,
    from: "::1",
    origin: kept,
  });
  assertEquals(relaySays({ error: long, detail: long }), {
    error: kept,
    detail: kept,
  });
});

Deno.test("a listener says a statement, or refuses a call", () => {
  const says = (said: unknown): unknown =>
    readListenerMessage(JSON.stringify(said));
  assertEquals(says({ statement: "s", refuse: TOKEN }), { statement: "s" });
  assertEquals(says({ refuse: TOKEN }), { refuse: TOKEN });
  for (const odd of [{ statement: 5 }, { refuse: "short" }, [], null]) {
    assertEquals(says(odd), undefined);
  }
});
