import { assertEquals } from "@std/assert";
import { LektError } from "@lekt/lekt";
import { explainFault } from "../../src/connect/handshake_fault.ts";
import { failure, rejected } from "../../src/handshake/outcome.ts";

const PLACE = {
  method: "tcp://bob.example:1",
  remote: { address: "192.0.2.7:5" },
};

const STATES: [state: string, initiator: string, responder?: string][] = [
  [
    "byte 0 is 0x15, expected 0x4c",
    "it speaks TLS (byte 0 is 0x15, expected 0x4c); is tls:// or wss:// meant?",
    "it speaks TLS (byte 0 is 0x15, expected 0x4c)",
  ],
  [
    "byte 0 is 0x48, expected 0x4c",
    "it speaks HTTP (byte 0 is 0x48, expected 0x4c); is ws:// meant, or another port?",
    "it speaks HTTP (byte 0 is 0x48, expected 0x4c)",
  ],
  [
    "byte 2 is 0x00, expected 0x4b",
    "it does not speak LEKT (byte 2 is 0x00, expected 0x4b); is another port meant?",
    "it does not speak LEKT (byte 2 is 0x00, expected 0x4b)",
  ],
  [
    "byte 4 is 0x58, expected 0x41",
    "it breaks the protocol: byte 4 is 0x58, expected 0x41",
  ],
  ["nickname is empty", "its nickname is empty"],
  [
    "version 2.0.0 is not compatible with version 1.0.0",
    "version 2.0.0 is not compatible with version 1.0.0; whoever has the older program must update it",
  ],
];

Deno.test("a handshake that failed says with whom, what is there, and what to do", () => {
  for (const [state, initiator, responder = initiator] of STATES) {
    for (
      const [role, where, says] of [
        ["initiator", PLACE.method, initiator],
        ["responder", PLACE.remote.address, responder],
      ] as const
    ) {
      const error = explainFault(failure("PROTOCOL", state), role, PLACE);
      assertEquals(
        [error.code, error.message],
        ["PROTOCOL", `Cannot complete the handshake with ${where}: ${says}`],
      );
    }
  }
});

Deno.test("a handshake whose other side went away says what the system said of it", () => {
  const cause = new Error("Connection reset by peer (os error 104)");
  const error = explainFault(
    failure("CLOSED", "the other side went away", { cause }),
    "initiator",
    PLACE,
  );
  assertEquals(error.cause, cause);
  assertEquals(
    error.message,
    `Cannot complete the handshake with ${PLACE.method}: the other side went away (Connection reset by peer); does lekt listen there, and by this very method?`,
  );
});

Deno.test("a handshake that ran out of time is no advice to look for another port", () => {
  const error = explainFault(
    failure("TIMEOUT", "no answer in 10 s"),
    "initiator",
    PLACE,
  );
  assertEquals(
    error.message,
    `Cannot complete the handshake with ${PLACE.method}: no answer in 10 s`,
  );
});

Deno.test("a rejection keeps its reason, and other errors stay as they are", () => {
  const { by, reason, code } = explainFault(
    rejected("remote", "busy"),
    "initiator",
    PLACE,
  );
  assertEquals([by, reason, code], ["remote", "busy", "REJECTED"]);
  const other = new LektError("CLOSED", "Cannot connect: the search is over");
  assertEquals(explainFault(other, "initiator", PLACE), other);
});
