import { assert, assertEquals } from "@std/assert";
import { connect } from "@lekt/lekt";
import { measureChildren } from "../helpers/child_coverage.ts";
import {
  isEvent,
  PeerProcess,
  runPeerProcess,
  startListener,
  within,
} from "../helpers/peer_process.ts";

measureChildren();

Deno.test("peer listen --once ends with the other side, whose end an open standard input does not hide", async () => {
  const { peer: bob, method } = await startListener(
    ["--accept", "all", "--once"],
  );
  await using _bob = bob;
  const ann = await connect(method, { nickname: "ann" });
  await ann.close();
  await bob.expectEnd(0);
});

Deno.test("peer listen gives a line to the next caller when the first has left", async () => {
  const { peer: bob, method } = await startListener(["--accept", "all"]);
  await using _bob = bob;
  const first = await connect(method, { nickname: "first" });
  await bob.event("first", isEvent("connected"));
  await first.closeWrite();
  await using second = await connect(method, { nickname: "second" });
  await bob.event("second", (line) => line.nickname === "second");
  await within("end of the first", first.receive());
  await bob.write("to the second\n");
  assertEquals(
    await (await within("line", second.receive()))?.text(),
    "to the second",
  );
  await first.close();
});

Deno.test("peer connect ends when the other side was killed, with its standard input open", async () => {
  const { peer: bob, method } = await startListener(["--accept", "all"]);
  await using _bob = bob;
  await using ann = new PeerProcess(["connect", method, "--json"]);
  await ann.event("connected", isEvent("connected"));
  bob.signal("SIGKILL");
  await ann.end();
  assert(ann.events.some(isEvent("closed")));
});

Deno.test("peer listen still sends the lines that are coming when the other side has ended", async () => {
  const { peer: bob, method } = await startListener(["--accept", "all"]);
  await using _bob = bob;
  await bob.write("one\ntwo\n");
  await bob.endInput();
  const { stdout } = await runPeerProcess(["connect", method]);
  assertEquals(stdout, "one\ntwo\n");
});

Deno.test("peer that is told twice at once to end still does so in order", async () => {
  for (let run = 0; run < 4; run++) {
    const { peer: bob, method } = await startListener(["--accept", "all"]);
    await using _bob = bob;
    await using ann = await connect(method, { nickname: "ann" });
    await bob.event("connected", isEvent("connected"));
    const bobsEnd = ann.receive();
    // Two of the same kind may arrive as one.
    bob.signal("SIGINT");
    bob.signal("SIGTERM");
    assertEquals(await bobsEnd, null);
    await ann.close();
    await bob.expectEnd(0);
    assertEquals((await ann.closed).clean, true);
    assertEquals(bob.events.at(-1)?.event, "closed");
  }
});
