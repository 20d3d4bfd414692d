import { assert, assertEquals } from "@std/assert";
import { LektError, type LektErrorCode } from "../../src/base/errors.ts";

const CODES: readonly LektErrorCode[] = [
  "REJECTED",
  "TIMEOUT",
  "PROTOCOL",
  "LIMIT",
  "TRUNCATED",
  "ABORTED",
  "CLOSED",
  "UNREACHABLE",
  "INVALID_ARGUMENT",
];

Deno.test("LektError() has a code, a message and a name", () => {
  for (const code of CODES) {
    const error = new LektError(code, "Cannot do it");
    assert(error instanceof Error);
    assertEquals(error.code, code);
    assertEquals(error.message, "Cannot do it");
    assertEquals(error.name, "LektError");
  }
});

Deno.test("LektError() has only the members that were given", () => {
  const bare = new LektError("CLOSED", "Cannot send");
  for (const name of ["reason", "by", "messageId", "failures"] as const) {
    assertEquals(bare[name], undefined);
  }
  assert(!("cause" in bare));
});

Deno.test("LektError() carries its data, empty and zero too", () => {
  const cause = new TypeError("beneath");
  const failures = [{ method: "tcp://h:1", elapsedMs: 3, error: cause }];
  const error = new LektError("UNREACHABLE", "Cannot reach bob", {
    cause,
    reason: "",
    by: "local",
    messageId: 0,
    failures,
  });
  assertEquals(error.cause, cause);
  assertEquals(error.reason, "");
  assertEquals(error.by, "local");
  assertEquals(error.messageId, 0);
  assertEquals(error.failures, failures);
});

Deno.test("LektError() keeps a cause that is undefined apart from none", () => {
  const given = new LektError("CLOSED", "Cannot send", { cause: undefined });
  assert(Object.hasOwn(given, "cause"));
  assert(!Object.hasOwn(new LektError("CLOSED", "Cannot send"), "cause"));
});
