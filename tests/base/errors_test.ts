import { assert, assertEquals, assertThrows } from "@std/assert";
import { assert as claim } from "../../src/base/assert.ts";
import {
  LektError,
  type LektErrorCode,
  messageOf,
} from "../../src/base/errors.ts";

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

Deno.test("messageOf() says something of any value, and never throws", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const nothing = "an object without a message";
  const circular: Record<string, unknown> = {};
  circular.itself = circular;
  const boom = (): never => {
    throw new Error("boom");
  };
  const cases: [unknown, string][] = [
    [undefined, "undefined"],
    [null, "null"],
    [-0, "0"],
    [7n, "7"],
    [Symbol("why"), "Symbol(why)"],
    ["text", "text"],
    [new Error("broke"), "broke"],
    [{ message: "no error, but says so" }, "no error, but says so"],
    [{ code: 5, detail: "full" }, '{"code":5,"detail":"full"}'],
    [[1, 2], "[1,2]"],
    [new URL("http://bob.example/"), "http://bob.example/"],
    [Object.create(null), nothing],
    [{}, nothing],
    [boom, nothing],
    [new Map([[1, 2]]), nothing],
    [circular, nothing],
    [{ big: 1n }, nothing],
    [new Uint8Array(100), nothing],
    [{ bytes: new Uint8Array(100) }, nothing],
    [new Array(100_000_000), nothing],
    [Object.assign(new Error(), { message: 5 }), "Error: 5"],
    [{
      get message(): string {
        return boom();
      },
    }, nothing],
    [{ toString: boom }, nothing],
    [{ toString: (): unknown => 5 }, nothing],
    [{ toJSON: boom }, nothing],
    [new Proxy({}, { get: boom, getPrototypeOf: boom }), nothing],
    [proxy, nothing],
  ];
  for (const [value, expected] of cases) {
    assertEquals(messageOf(value), expected);
  }
});

Deno.test("messageOf() shows an object of 32 members, and none that has more", () => {
  for (const count of [31, 32, 33]) {
    const members = Array.from({ length: count }, (_, i) => [`m${i}`, i]);
    const text = messageOf(Object.fromEntries(members));
    assertEquals(text.includes(`"m30":30`), count <= 32, text);
  }
});

Deno.test("assert() throws where what it claims does not hold, and then alone", () => {
  claim(true, "It holds");
  const text = "It holds: this is a bug";
  assertThrows(() => claim(false, "It holds"), Error, text);
});
