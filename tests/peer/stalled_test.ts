import { assertEquals } from "@std/assert";
import { Output } from "../../src/peer/output.ts";
import { Reporter } from "../../src/peer/reporter.ts";

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
