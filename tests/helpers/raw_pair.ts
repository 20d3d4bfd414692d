/**
 * A connection of the module with a raw peer on the other end.
 *
 * @module
 */
import { type Connection, type Limits, listen } from "../../mod.ts";
import { within } from "./deadline.ts";
import { AGREED, hello, RawPeer, welcome } from "./raw_peer.ts";

/** Runs a test with a raw initiator in connected state; `behindAccept` goes out in one segment with its Accept. */
export async function withRawPeer(
  run: (raw: RawPeer, connection: Connection) => Promise<void>,
  limits: Partial<Limits> = {},
  ...behindAccept: Uint8Array[]
): Promise<void> {
  await using listener = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
    limits,
  });
  using raw = await RawPeer.dial(listener.methods[0]!);
  await raw.write(hello());
  await raw.expect(welcome());
  await raw.write(AGREED, ...behindAccept);
  const next = listener[Symbol.asyncIterator]().next();
  const { value: connection } = await within(next, "a connection");
  await run(raw, connection!);
  await within(connection!.close(), "close()");
}
