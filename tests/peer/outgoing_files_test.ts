// Files that are not sent: because nobody is there any more, or because they cannot be read.
import { assert, assertEquals } from "@std/assert";
import { OutgoingFiles, speaksMinor } from "../../src/peer/outgoing_files.ts";
import { withPair } from "../helpers/connection_pair.ts";
import { within } from "../helpers/deadline.ts";

function blob(text: string): Promise<AsyncIterable<Uint8Array>> {
  return Promise.resolve(new Blob([text]).stream());
}

Deno.test("behind the end of a conversation no file is sent any more", async () => {
  await withPair(async ({ alice }) => {
    const files = new OutgoingFiles(alice);
    files.stop("bob has gone");
    const open = () => blob("content");
    const { outcome } = files.send({ name: "a", open }, () => {});
    const { kind } = await within(outcome, "what became of it");
    assertEquals([kind, alice.stats().messagesSent], ["unsent", 0]);
    files.handleEnd();
  });
});

Deno.test("a file that cannot be read is told of as such, and the next one is sent", async () => {
  await withPair(async ({ alice, bob }) => {
    const files = new OutgoingFiles(alice);
    const error = new Error("it is gone");
    const open = () => Promise.reject(error);
    const { outcome } = files.send({ name: "a", open }, () => {});
    const result = await within(outcome, "what became of it");
    assert(result.kind === "unreadable", result.kind);
    assertEquals(result.error, error);
    const next = files.send({ name: "b", open: () => blob("b") }, () => {});
    await within(next.sent, "the next one");
    let message = await within(bob.receive(), "the next one");
    // What is left of the first one.
    while (!await message!.bytes().catch(() => false)) {
      message = await within(bob.receive(), "the next one");
    }
    files.handleReceipt({ id: message!.id, ok: true });
    assertEquals((await next.outcome).kind, "receipt");
    files.handleEnd();
  });
});

Deno.test("a version has its minor number behind the first point", () => {
  const spoken = ["1.0", "1.1", "1.1.0", "1.10.0", "2.0.9"].map((version) =>
    speaksMinor(version, 1)
  );
  assertEquals(spoken, [false, true, true, true, false]);
});
