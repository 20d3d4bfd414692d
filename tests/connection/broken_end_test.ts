// What a connection does where the transport takes nothing more at its end.
import { assertEquals } from "@std/assert";
import { LektError } from "../../mod.ts";
import { resolveLimits } from "../../src/base/limits.ts";
import { establish } from "../../src/connect/establish.ts";
import { turns, within } from "../helpers/deadline.ts";
import { memoryPair } from "../helpers/memory_transport.ts";

/** After so many writes they succeed, so that one who tries again and again comes to an end. */
const FAILURE_COUNT_MAX = 20;

for (const maxVersionMinor of [0, 1]) {
  Deno.test(`close() with messages unread tries once to say so on a stream that has broken, in version 1.${maxVersionMinor}`, async () => {
    const ends = memoryPair();
    const [alice, bob] = await within(
      Promise.all(ends.map((transport, index) =>
        establish(transport, {
          role: index === 0 ? "initiator" : "responder",
          nickname: `side ${index}`,
          method: "tcp://192.0.2.1:1",
          accept: () => true,
          limits: resolveLimits({ maxVersionMinor, closeTimeoutMs: 50 }),
        }).connection
      )),
      "connections",
    );
    await bob!.send("nobody reads this");
    bob!.closeWrite().catch(() => {});
    await within(alice!.ended, "the other side's end");
    let failureCount = 0;
    const [here] = ends;
    const { write } = here;
    here.write = async (bytes): Promise<number> => {
      if (failureCount === FAILURE_COUNT_MAX) {
        return await write.call(here, bytes);
      }
      failureCount++;
      throw new LektError("TRUNCATED", "The connection was reset");
    };
    await within(alice!.close(), "close()");
    await turns();
    assertEquals(failureCount, 1);
    assertEquals((await alice!.closed).clean, false);
    bob!.abort();
    await within(bob!.closed, "the other side's end");
  });
}
