// A raw initiator against `listen`: PROTOCOL.md, sections 3 and 4, byte by byte.
import { assert, assertEquals, assertGreater } from "@std/assert";
import { concat } from "@std/bytes";
import { type LektError, listen, type ListenOptions } from "../mod.ts";
import { within } from "./helpers/deadline.ts";
import { StoppedClock } from "./helpers/stopped_clock.ts";
import {
  AGREED,
  hello,
  latin,
  packet,
  packetOfHandshake,
  RawPeer,
  refusal,
  welcome,
} from "./helpers/raw_peer.ts";

interface Bob {
  client: RawPeer;
  /** What `onFailure` hears. */
  failure: Promise<LektError>;
}

async function againstBob(
  run: (bob: Bob) => Promise<void>,
  options: Partial<ListenOptions> = {},
): Promise<void> {
  const failed = Promise.withResolvers<LektError>();
  await using listener = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
    onFailure: (error) => failed.resolve(error),
    ...options,
  });
  using client = await RawPeer.dial(listener.methods[0]!);
  await run({
    client,
    get failure() {
      return within(failed.promise, "onFailure");
    },
  });
}

interface BadStart {
  name: string;
  sent: Uint8Array;
  /** What comes back before the end of the stream; nothing where left out. */
  answer?: Uint8Array;
  /** What `onFailure` is told. Default: `PROTOCOL`. */
  code?: string;
}

const EMPTY = new Uint8Array(0);
const LONG = "a".repeat(255);

const BAD_STARTS: BadStart[] = [
  { name: "another protocol", sent: latin("G") },
  { name: "a wrong second byte", sent: latin("LX") },
  { name: "a wrong third byte", sent: latin("LEx") },
  { name: "a wrong fourth byte", sent: latin("LEKt") },
  { name: "an Accept first", sent: latin("LEKTA") },
  { name: "a Reject first", sent: latin("LEKTR") },
  { name: "an unknown type", sent: latin("LEKTh") },
  {
    name: "a higher major, at its eighth byte",
    sent: latin("LEKTH\x02\x00\x00"),
    answer: refusal("version 2.0.0 is not compatible with version 1.1.0"),
  },
  {
    name: "a lower major",
    sent: latin("LEKTH\x00\x09\x07"),
    answer: refusal("version 0.9.7 is not compatible with version 1.1.0"),
    code: "CLOSED",
  },
  {
    name: "an empty nickname",
    sent: hello(""),
    answer: refusal("nickname is empty"),
  },
  {
    name: "a nickname of 256 bytes, at the 256th",
    sent: packetOfHandshake("H", `${LONG}a`),
    answer: refusal("nickname is longer than 255 bytes"),
  },
  {
    name: "a nickname of malformed UTF-8",
    sent: hello("a\xc3\x28"),
    answer: refusal("nickname is not well-formed UTF-8"),
  },
  {
    name: "a nickname with a surrogate",
    sent: hello("\xed\xa0\x80"),
    answer: refusal("nickname is not well-formed UTF-8"),
  },
  {
    name: "a nickname with an overlong form",
    sent: hello("\xc0\x80"),
    answer: refusal("nickname is not well-formed UTF-8"),
  },
  {
    name: "a nickname with a control character",
    sent: hello("a\x1b[2J"),
    answer: refusal("nickname holds the forbidden character U+001B"),
  },
  {
    name: "a nickname with a directional control",
    sent: hello("a\xe2\x80\xae"),
    answer: refusal("nickname holds the forbidden character U+202E"),
  },
  {
    name: "a nickname with a byte order mark",
    sent: hello("\xef\xbb\xbfa"),
    answer: refusal("nickname holds the forbidden character U+FEFF"),
  },
  {
    name: "a byte behind the Handshake",
    sent: concat([hello(), latin("x")]),
  },
  {
    name: "a message packet behind the Handshake",
    sent: concat([hello(), packet(1, 0, "hi")]),
  },
  {
    name: "an Accept behind the Handshake",
    sent: concat([hello(), AGREED]),
  },
];

for (const { name, sent, answer = EMPTY, code = "PROTOCOL" } of BAD_STARTS) {
  Deno.test(`a responder ${answer.length > 0 ? "answers Reject to" : "closes without a word at"} ${name}`, () =>
    againstBob(async ({ client, failure }) => {
      await client.write(sent);
      await client.expect(answer);
      if (answer.length > 0) await client.end();
      await client.expectSilentEnd();
      assertEquals((await failure).code, code);
    }));
}

Deno.test("a responder finds bytes behind the Handshake that come in a write of their own", () =>
  againstBob(async ({ client, failure }) => {
    await client.write(hello());
    await client.write(latin("x"));
    await client.expectSilentEnd();
    assertEquals((await failure).code, "PROTOCOL");
  }));

Deno.test("a responder that is still asked closes when bytes come, and tells the one who decides", async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  await againstBob(async ({ client, failure }) => {
    await client.write(hello());
    const signal = await within(asked.promise, "the question");
    await client.write(latin("x"));
    await client.expectSilentEnd();
    assertEquals((await failure).code, "PROTOCOL");
    assertEquals((signal.reason as LektError).code, "PROTOCOL");
  }, {
    accept: (_, { signal }) => {
      asked.resolve(signal);
      return new Promise(() => {});
    },
  });
});

const GOOD_NICKNAMES: [string, string, number[]?][] = [
  ["one byte", "a"],
  ["255 bytes", LONG],
  ["spaces and text beyond ASCII", " \xc3\xa9 \xf0\x9f\x99\x82"],
  ["a higher minor and extra", "alice", [1, 9, 200]],
];

for (const [name, nickname, version = [1, 0, 0]] of GOOD_NICKNAMES) {
  Deno.test(`a responder takes a nickname of ${name}, byte by byte`, async () => {
    const heard: string[] = [];
    await againstBob(async ({ client }) => {
      for (const byte of hello(nickname, version)) {
        await client.write(Uint8Array.of(byte));
      }
      await client.expect(welcome());
    }, {
      accept: (remote) => {
        heard.push(remote.nickname, remote.version);
        assertEquals(remote.address.startsWith("127.0.0.1:"), true);
        return true;
      },
    });
    const text = new TextDecoder().decode(latin(nickname));
    assertEquals(heard, [text, version.join(".")]);
  });
}

const REASONS: [string, boolean | string, string][] = [
  ["no reason for false", false, ""],
  ["the reason", "not today", "not today"],
  ["a reason without its NUL", "a\0b", "a\xef\xbf\xbdb"],
  [
    "a reason cut at a character",
    "\u20ac".repeat(400),
    "\xe2\x82\xac".repeat(341),
  ],
];

for (const [name, decision, reason] of REASONS) {
  Deno.test(`a responder that rejects sends ${name}, and ends its stream`, () =>
    againstBob(async ({ client, failure }) => {
      await client.write(hello());
      await client.expect(refusal(reason));
      await client.expectSilentEnd();
      await client.end();
      const error = await failure;
      assertEquals([error.code, error.by], ["REJECTED", "local"]);
    }, { accept: () => decision }));
}

Deno.test("a responder lingers behind a Reject for at most a second", () =>
  againstBob(async ({ client, failure }) => {
    await client.write(hello());
    const startMs = performance.now();
    let isOver = false;
    failure.then(() => isOver = true);
    await client.expect(refusal("no"));
    await client.expectSilentEnd();
    assert(!isOver, "it does not linger");
    // The other side's end never comes: `onFailure` is told when it is over.
    assertEquals((await failure).code, "REJECTED");
    assertGreater(performance.now() - startMs, 900);
  }, { accept: () => "no" }));

Deno.test("a responder that rejects reads no more than 64 KiB of what still comes", () =>
  againstBob(async ({ client }) => {
    await client.write(hello());
    await client.expect(refusal("no"));
    // It is no question of time: it does not linger until all has come.
    using _ = new StoppedClock();
    let isGone = false;
    // The system takes several MiB on its way: as much as it gives both sockets.
    for (let i = 0; i < 512 && !isGone; i++) {
      try {
        await client.write(new Uint8Array(64 * 1024));
      } catch {
        isGone = true;
      }
    }
    assert(isGone, "the responder took 32 MiB");
  }, { accept: () => "no" }));

Deno.test("a responder closes without a word on whoever sends less than eight bytes in time", () =>
  againstBob(async ({ client, failure }) => {
    await client.write(latin("LEKTH\x01\x00"));
    await client.expectSilentEnd();
    assertEquals((await failure).code, "TIMEOUT");
  }, { limits: { handshakeTimeoutMs: 50 } }));

Deno.test("a responder answers `handshake timed out`, counted from the start, not from the last byte", () =>
  againstBob(async ({ client, failure }) => {
    await client.write(latin("LEKTH\x01\x00\x00"));
    const drip = setInterval(() => {
      client.write(latin("a")).catch(() => {});
    }, 20);
    await client.expect(refusal("handshake timed out"));
    clearInterval(drip);
    await client.end();
    assertEquals((await failure).code, "TIMEOUT");
  }, { limits: { handshakeTimeoutMs: 200 } }));

Deno.test("a responder that does not decide in time answers `no answer`", () =>
  againstBob(async ({ client, failure }) => {
    await client.write(hello());
    await client.expect(refusal("no answer"));
    await client.end();
    await client.expectSilentEnd();
    assertEquals((await failure).code, "TIMEOUT");
  }, {
    accept: () => new Promise(() => {}),
    limits: { decisionTimeoutMs: 50 },
  }));

for (
  const [name, sent] of [["nothing", EMPTY], [
    "half a Handshake",
    latin("LEKTH\x01"),
  ]] as const
) {
  Deno.test(`a responder closes when the other side ends behind ${name}`, () =>
    againstBob(async ({ client, failure }) => {
      await client.write(sent);
      await client.end();
      await client.expectSilentEnd();
      assertEquals((await failure).code, "CLOSED");
    }));
}

Deno.test("a responder whose other side goes away while it decides tells the one who decides", async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  await againstBob(async ({ client, failure }) => {
    await client.write(hello());
    const signal = await within(asked.promise, "the question");
    await client.end();
    await client.expectSilentEnd();
    assertEquals((await failure).code, "CLOSED");
    assertEquals(signal.aborted, true);
  }, {
    accept: (_, { signal }) => {
      asked.resolve(signal);
      return new Promise(() => {});
    },
  });
});

const BAD_AGREEMENTS: BadStart[] = [
  { name: "a Handshake again", sent: latin("LEKTH") },
  { name: "a message packet instead", sent: packet(0, 0, "hi") },
  { name: "another major", sent: latin("LEKTA\x02") },
  { name: "another minor", sent: latin("LEKTA\x01\x01") },
  { name: "another extra", sent: latin("LEKTA\x01\x00\x01") },
];

for (const { name, sent } of BAD_AGREEMENTS) {
  Deno.test(`a responder that waits for Accept closes without a word at ${name}`, () =>
    againstBob(async ({ client, failure }) => {
      await client.write(hello());
      await client.expect(welcome());
      await client.write(sent);
      await client.expectSilentEnd();
      assertEquals((await failure).code, "PROTOCOL");
    }));
}

Deno.test("a responder hears the reason of the initiator, whatever its version", () =>
  againstBob(async ({ client, failure }) => {
    await client.write(hello());
    await client.expect(welcome());
    await client.write(packetOfHandshake("R", "changed my mind\0", [9, 9, 9]));
    await client.expectSilentEnd();
    const { code, by, reason } = await failure;
    assertEquals([code, by, reason], ["REJECTED", "remote", "changed my mind"]);
  }));

Deno.test("a responder reports a malformed reason as a rejection without its text", () =>
  againstBob(async ({ client, failure }) => {
    await client.write(hello());
    await client.expect(welcome());
    await client.write(refusal("\xff"));
    await client.expectSilentEnd();
    const { code, by, reason } = await failure;
    assertEquals([code, by, reason], ["REJECTED", "remote", undefined]);
  }));

Deno.test("a responder reports a reason of 1,024 bytes at the last of them", () =>
  againstBob(async ({ client, failure }) => {
    await client.write(hello());
    await client.expect(welcome());
    await client.write(packetOfHandshake("R", "r".repeat(1024)));
    await client.expectSilentEnd();
    assertEquals((await failure).reason, undefined);
  }));
