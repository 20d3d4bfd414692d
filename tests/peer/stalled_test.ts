import { assert, assertEquals } from "@std/assert";
import { Output } from "../../src/peer/output.ts";
import { Reporter } from "../../src/peer/reporter.ts";
import { isSettled, within } from "../helpers/deadline.ts";

Deno.test("Reporter tells once of a file of which nothing moves any more", async () => {
  let written = "";
  const told = Promise.withResolvers<void>();
  const output = new Output({
    write: (bytes) => {
      written += new TextDecoder().decode(bytes);
      told.resolve();
      return Promise.resolve(bytes.length);
    },
    writeSync: (bytes) => bytes.length,
    isTerminal: () => false,
  });
  const reporter = new Reporter({
    program: "peer",
    isJson: true,
    stdout: output,
    stderr: output,
    stallMs: 20,
  });
  reporter.startTransfer("to", 1, "queued.txt", 10).end(false);
  const transfer = reporter.startTransfer("to", 1, "a.txt", 10);
  transfer.add(5);
  await told.promise;
  transfer.end(false);
  assertEquals(
    written.trim().split("\n").map((line) => JSON.parse(line)),
    [{
      event: "stalled",
      connection: 1,
      name: "a.txt",
      direction: "to",
      seconds: 0,
    }],
  );
  reporter.close();
});

Deno.test("from 1 MiB that waits on, an output says that it is not ready, and drops what may be dropped", async () => {
  const size = 1024 * 1024;
  const sizes: number[] = [];
  const begun = Promise.withResolvers<void>();
  const output = new Output({
    write: async ({ length }) => {
      if (sizes.push(length) === 1) await begun.promise;
      return length;
    },
    writeSync: ({ length }) => length,
    isTerminal: () => false,
  });
  output.write("first");
  output.write("x".repeat(size - 1));
  assert(await isSettled(output.ready()));
  output.writeOrDrop("y");
  const ready = output.ready();
  assertEquals(await isSettled(ready), false);
  output.writeOrDrop("z");
  begun.resolve();
  await within(ready, "room");
  await within(output.flush(), "all to be written");
  assertEquals(sizes, [5, size]);
});

for (const isTerminal of [true, false]) {
  Deno.test(`${isTerminal ? "a terminal" : "an output"} that is gone is not written to again`, async () => {
    let triedCount = 0;
    const fail = (): never => {
      triedCount++;
      throw new Error("gone");
    };
    const output = new Output({
      write: () => Promise.resolve().then(fail),
      writeSync: fail,
      isTerminal: () => isTerminal,
    });
    output.write("one");
    await within(output.broken, "it is noticed");
    await output.flush();
    output.write("two");
    await output.flush();
    assertEquals(triedCount, 1);
  });
}
