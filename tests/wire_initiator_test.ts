// A raw responder against `connect`: PROTOCOL.md, sections 3 and 4, byte by byte.
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { concat } from "@std/bytes";
import {
  connect,
  type Connection,
  type ConnectOptions,
  LektError,
} from "../mod.ts";
import { turns, within } from "./helpers/deadline.ts";
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

interface Alice {
  server: RawPeer;
  connecting: Promise<Connection>;
}

async function againstAlice(
  run: (alice: Alice) => Promise<void>,
  options: Partial<ConnectOptions> = {},
): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const connecting = connect(`tcp://127.0.0.1:${port}`, {
    nickname: "alice",
    ...options,
  });
  connecting.catch(() => {});
  using server = new RawPeer(await within(listener.accept(), "alice"));
  await server.expect(hello());
  await run({ server, connecting });
}

async function failureOf({ connecting }: Alice): Promise<LektError> {
  return await within(assertRejects(() => connecting, LektError), "failure");
}

interface BadAnswer {
  name: string;
  sent: Uint8Array;
  answer?: Uint8Array;
}

const EMPTY = new Uint8Array(0);

const BAD_ANSWERS: BadAnswer[] = [
  { name: "another protocol", sent: latin("H") },
  { name: "a Handshake", sent: latin("LEKTH") },
  { name: "an unknown type", sent: latin("LEKT\0") },
  {
    name: "an Accept with another major, at its eighth byte",
    sent: latin("LEKTA\x02\x01\x00"),
    answer: refusal("version 2.1.0 is not compatible with version 1.1.0"),
  },
  {
    name: "an empty nickname",
    sent: welcome(""),
    answer: refusal("nickname is empty"),
  },
  {
    name: "a nickname of 256 bytes",
    sent: packetOfHandshake("A", "b".repeat(256)),
    answer: refusal("nickname is longer than 255 bytes"),
  },
  {
    name: "a malformed nickname",
    sent: welcome("\xff"),
    answer: refusal("nickname is not well-formed UTF-8"),
  },
  {
    name: "a nickname with a line separator",
    sent: welcome("\xe2\x80\xa8"),
    answer: refusal("nickname holds the forbidden character U+2028"),
  },
  {
    name: "a byte behind the Accept",
    sent: concat([welcome(), latin("x")]),
  },
  {
    name: "a message packet behind the Accept",
    sent: concat([welcome(), packet(0, 0, "hi")]),
  },
];

for (const { name, sent, answer = EMPTY } of BAD_ANSWERS) {
  const what = answer.length > 0 ? "answers Reject to" : "closes silently at";
  Deno.test(`an initiator ${what} ${name}`, () =>
    againstAlice(async ({ server, connecting }) => {
      await server.write(sent);
      await server.expect(answer);
      if (answer.length > 0) await server.end();
      await server.expectSilentEnd();
      const { code } = await failureOf({ server, connecting });
      assertEquals(code, "PROTOCOL");
    }));
}

Deno.test("an initiator finds bytes behind the Accept that come in a write of their own", () =>
  againstAlice(async (alice) => {
    await alice.server.write(welcome());
    await alice.server.write(packet(0, 0, "hi"));
    await alice.server.expectSilentEnd();
    assertEquals((await failureOf(alice)).code, "PROTOCOL");
  }));

Deno.test("an initiator that still decides closes when bytes come", async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  await againstAlice(async (alice) => {
    await alice.server.write(welcome());
    const signal = await within(asked.promise, "the question");
    await alice.server.write(packet(0, 0, "hi"));
    await alice.server.expectSilentEnd();
    assertEquals((await failureOf(alice)).code, "PROTOCOL");
    assertEquals(signal.aborted, true);
  }, {
    accept: (_, { signal }) => {
      asked.resolve(signal);
      return new Promise(() => {});
    },
  });
});

Deno.test("an initiator takes an Accept byte by byte, of any compatible version", () =>
  againstAlice(async ({ server, connecting }) => {
    for (const byte of welcome("b\xc3\xb6b", [1, 3, 5])) {
      await server.write(Uint8Array.of(byte));
      await turns(1);
    }
    await server.expect(AGREED);
    const connection = await within(connecting, "alice");
    const { nickname, version } = connection.remote;
    assertEquals([nickname, version], ["b\u00f6b", "1.3.5"]);
    assertEquals(connection.role, "initiator");
    await server.end();
    await connection.close();
  }));

for (
  const [name, sent, reason] of [
    ["a Reject", refusal("busy"), "busy"],
    [
      "a Reject of another version",
      packetOfHandshake("R", "old\0", [7, 0, 0]),
      "old",
    ],
    ["a Reject without a reason", refusal(""), ""],
    ["the longest reason", refusal("r".repeat(1023)), "r".repeat(1023)],
    ["a malformed reason", refusal("\xc0\x80"), undefined],
    [
      "a reason without an end",
      packetOfHandshake("R", "r".repeat(1024)),
      undefined,
    ],
  ] as const
) {
  Deno.test(`an initiator that is answered ${name} closes without a word`, () =>
    againstAlice(async (alice) => {
      await alice.server.write(sent);
      await alice.server.expectSilentEnd();
      const error = await failureOf(alice);
      assertEquals(
        [error.code, error.by, error.reason],
        ["REJECTED", "remote", reason],
      );
    }));
}

Deno.test("an initiator that decides against it sends Reject, and its stream ends", () =>
  againstAlice(async (alice) => {
    await alice.server.write(welcome("eve"));
    await alice.server.expect(refusal("you are eve"));
    await alice.server.expectSilentEnd();
    await alice.server.end();
    const error = await failureOf(alice);
    assertEquals(
      [error.code, error.by, error.reason],
      ["REJECTED", "local", "you are eve"],
    );
  }, { accept: ({ nickname }) => `you are ${nickname}` }));

Deno.test("an initiator that does not decide in time sends `no answer`", () =>
  againstAlice(async (alice) => {
    await alice.server.write(welcome());
    await alice.server.expect(refusal("no answer"));
    await alice.server.end();
    assertEquals((await failureOf(alice)).code, "TIMEOUT");
  }, {
    accept: () => new Promise(() => {}),
    limits: { decisionTimeoutMs: 50 },
  }));

for (
  const [name, sent] of [
    ["before its answer", EMPTY],
    ["inside its answer", latin("LEKTA\x01\x00\x00bo")],
  ] as const
) {
  Deno.test(`an initiator closes when the other side ends ${name}`, () =>
    againstAlice(async (alice) => {
      await alice.server.write(sent);
      await alice.server.end();
      await alice.server.expectSilentEnd();
      assertEquals((await failureOf(alice)).code, "CLOSED");
    }));
}

Deno.test("an initiator whose other side goes away while it decides gives the decision up", async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  await againstAlice(async (alice) => {
    await alice.server.write(welcome());
    const signal = await within(asked.promise, "the question");
    await alice.server.end();
    await alice.server.expectSilentEnd();
    assertEquals((await failureOf(alice)).code, "CLOSED");
    assertEquals(signal.aborted, true);
  }, {
    accept: (_, { signal }) => {
      asked.resolve(signal);
      return new Promise(() => {});
    },
  });
});

Deno.test("an initiator whose signal fires while it waits closes without a word", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  await againstAlice(async ({ server, connecting }) => {
    controller.abort(reason);
    await server.expectSilentEnd();
    assertEquals(await assertRejects(() => connecting), reason);
  }, { signal: controller.signal });
});

Deno.test("an initiator whose signal fires while it decides closes without a word", async () => {
  const controller = new AbortController();
  const asked = Promise.withResolvers<AbortSignal>();
  await againstAlice(async ({ server, connecting }) => {
    await server.write(welcome());
    const signal = await within(asked.promise, "the question");
    controller.abort();
    await server.expectSilentEnd();
    assertInstanceOf(await assertRejects(() => connecting), DOMException);
    assertEquals(signal.aborted, true);
  }, {
    signal: controller.signal,
    accept: (_, { signal }) => {
      asked.resolve(signal);
      return new Promise(() => {});
    },
  });
});

for (
  const [name, accept] of [
    ["throws", (): never => {
      throw new Error("boom");
    }],
    ["rejects", (): Promise<boolean> => Promise.reject(new Error("boom"))],
    ["returns garbage", (): boolean => 1 as unknown as boolean],
    ["returns nothing", (): boolean => undefined as unknown as boolean],
  ] as const
) {
  Deno.test(`an initiator whose accept ${name} rejects the other side without a reason`, () =>
    againstAlice(async (alice) => {
      await alice.server.write(welcome());
      await alice.server.expect(refusal(""));
      await alice.server.end();
      const error = await failureOf(alice);
      assertEquals([error.code, error.by], ["REJECTED", "local"]);
      assertInstanceOf(error.cause, Error);
    }, { accept }));
}

Deno.test("an initiator ignores a signal that fires once it is connected", async () => {
  const controller = new AbortController();
  await againstAlice(async ({ server, connecting }) => {
    await server.write(welcome());
    const connection = await within(connecting, "alice");
    controller.abort();
    await server.expect(AGREED);
    await server.write(packet(1, 0, "still here"));
    const message = await within(connection.receive(), "a message");
    assertEquals(await message?.text(), "still here");
    await server.end();
    await connection.close();
  }, { signal: controller.signal });
});
