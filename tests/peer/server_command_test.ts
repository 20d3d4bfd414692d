// What a command that serves others tells, and with which status it ends.
import { assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../../mod.ts";
import { runDirectoryServer } from "../../src/peer/directory_server.ts";
import type { DirectoryServerSettings } from "../../src/peer/directory_settings.ts";
import { Misuse } from "../../src/peer/misuse.ts";
import { parseCommandLine } from "../../src/peer/options.ts";
import type { Output } from "../../src/peer/output.ts";
import { runServer } from "../../src/peer/server_command.ts";
import { within } from "../helpers/deadline.ts";
import { replacing } from "../helpers/replaced_system.ts";

type Run = Parameters<typeof runServer>[1];

/** The status of a server, and what it has written. */
async function endOf(
  isJson: boolean,
  run: Run,
): Promise<[status: number, stdout: string, stderr: string]> {
  const texts = ["", ""];
  const [stdout, stderr] = [0, 1].map((index) =>
    ({ write: (text: string) => void (texts[index] += text) }) as Output
  );
  const outputs = { isJson, stdout: stdout!, stderr: stderr! };
  const status = await runServer(outputs, run, () => undefined);
  return [status, texts[0]!, texts[1]!];
}

function misbehaviour(leftOut: number) {
  const report = {
    event: "misbehaviour",
    address: "192.0.2.7",
    rule: "asks too often",
    leftOut,
  };
  const run: Run = (tell) => Promise.resolve(tell(report));
  return { report, run };
}

Deno.test("a report is a line for a person, or JSON for a program, and tells of others only where there were some", async () => {
  const { report, run } = misbehaviour(0);
  const text = "misbehaviour of 192.0.2.7: asks too often";
  assertEquals(await endOf(true, run), [0, `${JSON.stringify(report)}\n`, ""]);
  assertEquals(await endOf(false, run), [0, "", `${text}\n`]);
  assertEquals(await endOf(false, misbehaviour(1).run), [
    0,
    "",
    `${text}; 1 others were left out\n`,
  ]);
});

Deno.test("what a server is given may be misuse, what the system refuses is a failure, and any other error is thrown", async () => {
  const refused = new LektError("INVALID_ARGUMENT", "no such port");
  const { message } = await assertRejects(
    () => endOf(false, () => Promise.reject(refused)),
    Misuse,
  );
  assertEquals(message, "no such port");
  for (
    const error of [
      new LektError("INVALID_ARGUMENT", "taken", { cause: new Error("taken") }),
      new LektError("LIMIT", "taken"),
    ]
  ) {
    const { code } = error;
    assertEquals(await endOf(false, () => Promise.reject(error)), [
      1,
      "",
      `error ${code}: taken\n`,
    ]);
  }
  await assertRejects(
    () => endOf(false, () => Promise.reject(new RangeError("a fault"))),
    RangeError,
  );
});

Deno.test("a directory relays where it is to", async () => {
  for (const isRelaying of [true, false]) {
    let text = "";
    const handlers: (() => void)[] = [];
    const told = Promise.withResolvers<void>();
    const stdout = {
      write(line: string): void {
        text += line;
        told.resolve();
      },
    } as Output;
    const args = ["directory", "--port", "0", "--host", "127.0.0.1"];
    const settings = parseCommandLine([
      ...args,
      isRelaying ? "--relay" : "--no-relay",
    ], {
      isTerminal: false,
      loginName: () => "me",
    });
    const { addSignalListener, removeSignalListener } = {
      addSignalListener: (_: string, handler: () => void) =>
        void handlers.push(handler),
      removeSignalListener: () => {},
    };
    await replacing({ addSignalListener, removeSignalListener }, async () => {
      const over = runDirectoryServer(
        settings as DirectoryServerSettings,
        { isJson: true, stdout, stderr: stdout },
      );
      await within(told.promise, "where it listens");
      for (const handler of handlers) handler();
      assertEquals(await within(over, "the end"), 0);
    });
    const { relays = [] } = JSON.parse(text.split("\n")[0]!);
    assertEquals(relays.length > 0, isRelaying, text);
  }
});
