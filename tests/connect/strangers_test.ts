// What is held for clients before this side has accepted them.
import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { type LektError, listen, type ListenOptions } from "../../mod.ts";
import { frame, RawWebSocket } from "../helpers/raw_websocket.ts";
import { turns, until, within } from "../helpers/deadline.ts";
import { AGREED, hello, packet } from "../helpers/raw_peer.ts";

const BOB: ListenOptions = {
  nickname: "bob",
  methods: "ws://127.0.0.1:0/",
  accept: () => true,
};

function portOf({ methods }: { methods: string[] }): number {
  return Number(new URL(methods[0]!).port);
}

const fragment = frame(new Uint8Array(3_000), {
  opcode: "binary",
  isLast: false,
});

for (
  const [name, before] of [
    ["before its Handshake", new Uint8Array(0)],
    [
      "while it is decided about",
      frame(hello("mallory"), { opcode: "binary" }),
    ],
  ] as const
) {
  Deno.test(`a ws client that sends an unfinished message ${name} is cut off`, async () => {
    const failures: LektError[] = [];
    await using listener = await listen({
      ...BOB,
      accept: (_, { signal }) =>
        new Promise((resolve) =>
          signal.addEventListener("abort", () => resolve(false))
        ),
      onFailure: (error) => failures.push(error),
    });
    using raw = await RawWebSocket.open(portOf(listener), "/");
    await raw.send(concat([before, fragment]));
    await until(() => failures.length === 1, "it is cut off");
    assert(/2048 bytes/.test(String(failures[0]!.cause)), `${failures[0]}`);
    await raw.receiveAll();
  });
}

Deno.test("a ws client may answer with its Accept and messages in one, in fragments of any size", async () => {
  await using listener = await listen(BOB);
  const next = listener[Symbol.asyncIterator]().next();
  const raw = await RawWebSocket.open(portOf(listener), "/");
  await raw.send(frame(hello(), { opcode: "binary" }));
  await within(raw.receive(), "the Accept of bob");
  const text = "x".repeat(40_000);
  const all = concat([AGREED, packet(1, 0, text)]);
  await raw.send(frame(all.subarray(0, 3_000), {
    opcode: "binary",
    isLast: false,
  }));
  await turns();
  await raw.send(frame(all.subarray(3_000), { opcode: "more" }));
  const { value: bob } = await within(next, "a connection");
  const message = await within(bob!.receive(), "the message");
  assertEquals(await message?.text(), text);
  raw[Symbol.dispose]();
  await bob!.close();
});
