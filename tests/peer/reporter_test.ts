// What a person reads of what happens, and what a program does not.
import { assertEquals } from "@std/assert";
import { adviceOn, shownReason } from "../../src/peer/advice.ts";
import type { PeerEvent } from "../../src/peer/events.ts";
import { Output } from "../../src/peer/output.ts";
import { Reporter, type ReporterOptions } from "../../src/peer/reporter.ts";
import type { PersonScreen } from "../../src/peer/screen.ts";
import { styled } from "../../src/peer/style.ts";
import { within } from "../helpers/deadline.ts";

/** A terminal on which nothing is drawn. */
const SCREEN = {
  isPlain: true,
  columns: 80,
  print: (write: () => void) => write(),
  setBars: () => {},
} as unknown as PersonScreen;

/** What is written to standard output and standard error. */
async function written(
  options: Partial<ReporterOptions>,
  tell: (reporter: Reporter) => void,
): Promise<[stdout: string, stderr: string]> {
  const texts = ["", ""];
  const [stdout, stderr] = [0, 1].map((index) =>
    new Output({
      write(bytes) {
        texts[index] += new TextDecoder().decode(bytes);
        return Promise.resolve(bytes.length);
      },
      writeSync: ({ length }) => length,
      isTerminal: () => false,
    })
  );
  const reporter = new Reporter({
    program: "peer",
    isJson: false,
    stdout: stdout!,
    stderr: stderr!,
    ...options,
  });
  tell(reporter);
  reporter.close();
  await within(stdout!.flush(), "what is said");
  await within(stderr!.flush(), "what is told");
  return [texts[0]!, texts[1]!];
}

Deno.test("notes are for people", async () => {
  const note = (reporter: Reporter) => reporter.note("a word");
  assertEquals(await written({}, note), ["", "a word\n"]);
  assertEquals(await written({ isJson: true }, note), ["", ""]);
});

Deno.test("who asks to talk is told of where no question follows", async () => {
  const request: PeerEvent = {
    event: "request",
    connection: 1,
    nickname: "bob",
  };
  const tell = (reporter: Reporter) => reporter.emit(request);
  assertEquals((await written({}, tell))[1].includes("asks to talk"), true);
  assertEquals(await written({ screen: SCREEN }, tell), ["", ""]);
});

Deno.test("a text is said, and of other messages it is told where they are", async () => {
  const message: PeerEvent & { event: "message" } = {
    event: "message",
    connection: 1,
    id: 2,
    bytes: 3,
    sha256: "abc",
    text: "hey",
  };
  const tell = (event: PeerEvent) => (reporter: Reporter) =>
    reporter.emit(event);
  assertEquals(await written({}, tell(message)), ["hey\n", ""]);
  const { text: _, ...bytes } = message;
  const what = "connection 1 sent a message of 3 B";
  assertEquals(await written({}, tell({ ...bytes, path: "out" })), [
    "",
    `${what}, written to out\n`,
  ]);
  const [said, told] = await written({}, tell(bytes));
  assertEquals(said, "");
  assertEquals(told.split(" (")[0], `${what} that is no text to show`);
});

Deno.test("what is left out is named, and of more the number is told", async () => {
  for (const [more, end] of [[0, ""], [1, "Left out: 1 more\n"]] as const) {
    const leftOut = [{ path: "a", reason: "a pipe" }];
    const [, told] = await written(
      {},
      (reporter) =>
        reporter.emit({
          event: "leftOut",
          connection: 1,
          name: "f",
          leftOut,
          more,
        }),
    );
    assertEquals(told, `Left out: a: a pipe\n${end}`);
  }
});

Deno.test("a file that takes longer than a second is told of when it is done", async () => {
  const { now } = Date;
  try {
    for (
      const [tookMs, isDone] of [[1000, true], [1001, false], [1001, true]]
    ) {
      Date.now = () => 0;
      const [, told] = await written({ screen: SCREEN }, (reporter) => {
        const transfer = reporter.startTransfer("to", 1, "a", 10);
        Date.now = () => Number(tookMs);
        transfer.end(Boolean(isDone));
      });
      assertEquals(told.includes("  in 0:0"), isDone && tookMs === 1001, told);
    }
  } finally {
    Date.now = now;
  }
});

Deno.test("advice and colours stand where there are any", () => {
  assertEquals(adviceOn("the line is down", "peer"), "");
  assertEquals(shownReason("local", ""), "no reason was given");
  assertEquals(shownReason("remote", "busy"), "busy");
  assertEquals(styled("a", "plain"), "a");
  assertEquals(styled("a", "error"), "\x1b[31ma\x1b[0m");
});
