// What the other side of a command that is interrupted hears.
import { assertEquals } from "@std/assert";
import { connect, type LektError } from "../../mod.ts";
import { pattern } from "../helpers/messages.ts";
import { isEvent, startListener, within } from "../helpers/peer_process.ts";

for (const signalCount of [1, 2]) {
  Deno.test(`peer that gets ${signalCount} SIGTERM amid a message does not look as if it had ended in order`, async () => {
    const { peer: bob, method } = await startListener(["--accept", "all"]);
    await using _bob = bob;
    const connection = await connect(method, { nickname: "ann" });
    const source = new TransformStream<Uint8Array, Uint8Array>();
    const writer = source.writable.getWriter();
    writer.closed.catch(() => {});
    connection.send(source.readable).catch(() => {});
    await writer.write(pattern(100_000));
    await bob.event("connected", isEvent("connected"));
    for (let i = 0; i < signalCount; i++) bob.signal("SIGTERM");
    const failure = await within(
      "the end",
      connection.receive().catch((error: LektError) => error.code),
    );
    assertEquals(failure, "TRUNCATED");
    await connection.close();
    assertEquals((await connection.closed).clean, false);
    await bob.end();
  });
}
