import { assertEquals } from "@std/assert";
import { LektError, type LektErrorCode, type Remote } from "../../mod.ts";
import { Strangers } from "../../src/peer/strangers.ts";

function remoteAt(address: string, nickname = ""): Remote {
  const method = "tcp://0.0.0.0:15358";
  return { nickname, version: "", method, address, verified: false };
}

Deno.test("many strangers of one address who break the protocol are told of once, and the next one says how many there were", () => {
  const strangers = new Strangers();
  const tell = (code: LektErrorCode, address: string) =>
    strangers.errorToTell(new LektError(code, "it broke"), remoteAt(address))
      ?.message;
  assertEquals(tell("PROTOCOL", "192.0.2.7:1"), "it broke");
  assertEquals(tell("PROTOCOL", "192.0.2.7:2"), undefined);
  assertEquals(tell("LIMIT", "192.0.2.7:3"), undefined);
  assertEquals(
    tell("PROTOCOL", "192.0.2.8:1"),
    "it broke (2 more were left out)",
  );
});

Deno.test("those who are rejected or late are told of each time, and those who leave unnamed never", () => {
  const strangers = new Strangers();
  for (const code of ["REJECTED", "TIMEOUT"] satisfies LektErrorCode[]) {
    for (let i = 0; i < 3; i++) {
      const error = new LektError(code, "no");
      assertEquals(
        strangers.errorToTell(error, remoteAt("192.0.2.7:1")),
        error,
      );
    }
  }
  const left = new LektError("CLOSED", "gone");
  assertEquals(strangers.errorToTell(left, remoteAt("192.0.2.7:1")), undefined);
  const named = remoteAt("192.0.2.7:1", "alice");
  assertEquals(strangers.errorToTell(left, named), left);
});
