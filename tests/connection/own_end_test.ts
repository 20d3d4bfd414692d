// When this side says that no more comes, and when its stream ends.
import { assertEquals } from "@std/assert";
import { OwnEnd } from "../../src/connection/own_end.ts";
import type { Session } from "../../src/session/session.ts";

/** What an end looks at of its session, and is told itself. */
interface Facts {
  state: string;
  versionMinor: number;
  hasSaidGoodbye: boolean;
  isGoodbyeHeard: boolean;
  hasRemoteEnded: boolean;
  hasDropped: boolean;
  isDrained: boolean;
  areMessagesSent: boolean;
  confirmations: number;
  owed: number;
  isWanted: boolean;
  isAnswering: boolean;
  hasEnded: boolean;
}

/** A side of version 1.1 whose end is due: all is said and heard. */
const DUE: Facts = {
  state: "connected",
  versionMinor: 1,
  hasSaidGoodbye: true,
  isGoodbyeHeard: true,
  hasRemoteEnded: true,
  hasDropped: false,
  isDrained: true,
  areMessagesSent: true,
  confirmations: 0,
  owed: 0,
  isWanted: true,
  isAnswering: true,
  hasEnded: false,
};

/** One that has sent everything, and is to say Goodbye. */
const SAYING: Facts = { ...DUE, hasSaidGoodbye: false, isGoodbyeHeard: false };

function ownEnd(facts: Facts): OwnEnd {
  const { confirmations, owed, isWanted, isAnswering, hasEnded, ...session } =
    facts;
  const exchange = {
    outbox: { confirmations: { count: confirmations } },
    receipts: { owed: { count: owed } },
  };
  const own = new OwnEnd({ ...session, exchange } as unknown as Session);
  return Object.assign(own, { isWanted, isAnswering, hasEnded });
}

Deno.test("in version 1.1 the stream ends behind both Goodbyes, and once", () => {
  const table: [Partial<Facts>, boolean][] = [
    [{}, true],
    [{ hasEnded: true }, false],
    [{ isWanted: false }, false],
    [{ isDrained: false }, false],
    [{ state: "handshake" }, false],
    [{ hasRemoteEnded: false }, false],
    [{ isGoodbyeHeard: false }, false],
    [{ hasSaidGoodbye: false }, false],
    [{ hasSaidGoodbye: false, hasDropped: true }, true],
    [{ state: "lingering", isWanted: false, isDrained: false }, true],
    [{ state: "lingering", hasEnded: true }, false],
  ];
  for (const [change, isDue] of table) {
    assertEquals([change, ownEnd({ ...DUE, ...change }).isDue], [
      change,
      isDue,
    ]);
  }
});

Deno.test("in version 1.1 the stream stays open while either side waits to hear of a message, unless this one closes", () => {
  for (const waiting of [{ confirmations: 1 }, { owed: 1 }]) {
    assertEquals(ownEnd({ ...DUE, ...waiting }).isDue, false);
    assertEquals(
      ownEnd({ ...DUE, ...waiting, isAnswering: false }).isDue,
      true,
    );
  }
});

Deno.test("nobody waits to hear of a message where none was ever sent", () => {
  const own = new OwnEnd({ ...DUE, exchange: undefined } as unknown as Session);
  own.isWanted = true;
  assertEquals(own.isDue, true);
});

Deno.test("in version 1.0 the stream ends behind the last message", () => {
  const old = { ...SAYING, versionMinor: 0, hasRemoteEnded: false };
  const waiting = { confirmations: 1, owed: 1 };
  assertEquals(ownEnd({ ...old, ...waiting }).isDue, true);
  assertEquals(ownEnd({ ...old, isDrained: false }).isDue, false);
  assertEquals(ownEnd({ ...old, isWanted: false }).isDue, false);
});

Deno.test("Goodbye is said once, in version 1.1, behind all messages, and not where any were dropped", () => {
  const table: [Partial<Facts>, boolean][] = [
    [{}, true],
    [{ isDrained: false }, true],
    [{ isWanted: false }, false],
    [{ hasSaidGoodbye: true }, false],
    [{ areMessagesSent: false }, false],
    [{ state: "lingering" }, false],
    [{ versionMinor: 0 }, false],
    [{ hasDropped: true }, false],
  ];
  for (const [change, must] of table) {
    const { mustSayGoodbye } = ownEnd({ ...SAYING, ...change });
    assertEquals([change, mustSayGoodbye], [change, must]);
  }
});

Deno.test("a reason that is given behind Goodbye is not kept", () => {
  const [before, behind] = [ownEnd(SAYING), ownEnd(DUE)];
  before.explain("late");
  behind.explain("late");
  assertEquals([before.reason, behind.reason], ["late", ""]);
});
