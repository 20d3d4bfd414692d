import { assert, assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes";
import { parseArgs } from "@std/cli/parse-args";
import { LineReader, WHOLE_LINE_SIZE_MAX } from "../../src/peer/lines.ts";
import {
  helpText,
  Misuse,
  parseCommandLine,
  type Settings,
} from "../../src/peer/options.ts";
import { Output } from "../../src/peer/output.ts";
import { judge, parsePolicy } from "../../src/peer/policy.ts";
import {
  displayWidth,
  fit,
  formatSize,
  formatTime,
  Transfer,
  Transfers,
} from "../../src/peer/progress.ts";

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<
  Uint8Array
> {
  yield* chunks;
}

async function linesOf(chunks: readonly Uint8Array[]): Promise<string[]> {
  const reader = new LineReader(stream(chunks));
  const lines: string[] = [];
  for (let line = await reader.next(); line; line = await reader.next()) {
    const pieces: Uint8Array[] = [];
    if (line instanceof Uint8Array) pieces.push(line);
    else for await (const piece of line) pieces.push(piece);
    assert(line instanceof Uint8Array || pieces.every(({ length }) => length));
    lines.push(new TextDecoder().decode(concat(pieces)));
  }
  return lines;
}

Deno.test("LineReader cuts at LF and CRLF, in every cut of the input", async () => {
  const inputs: [input: string, lines: string[]][] = [
    ["", []],
    ["\n", [""]],
    ["\r\n", [""]],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["a\r\nb\n\nc", ["a", "b", "", "c"]],
    ["a\rb\r\r\nc\r", ["a\rb\r", "c\r"]],
  ];
  for (const [input, lines] of inputs) {
    const bytes = utf8(input);
    assertEquals(await linesOf([bytes]), lines);
    assertEquals(await linesOf([...bytes].map((b) => Uint8Array.of(b))), lines);
    for (let at = 0; at <= bytes.length; at++) {
      const cut = [bytes.subarray(0, at), bytes.subarray(at)];
      assertEquals(await linesOf(cut), lines, `${input} at ${at}`);
    }
  }
});

Deno.test("LineReader lets long lines flow, whatever ends them", async () => {
  const long = "x".repeat(WHOLE_LINE_SIZE_MAX + 10);
  for (const end of ["\n", "\r\n", "\r\r\n", "\rx\n", ""]) {
    const expected = long + end.replace(/\r?\n$/, "");
    const after = end === "" ? [] : ["after", ""];
    const bytes = utf8(`${long}${end}${end === "" ? "" : "after\n\n"}`);
    assertEquals(await linesOf([bytes]), [expected, ...after]);
    for (let at = long.length - 2; at <= bytes.length; at++) {
      assertEquals(
        await linesOf([
          bytes.subarray(0, at),
          bytes.subarray(at, at + 1),
          bytes.subarray(at + 1),
        ]),
        [expected, ...after],
        `${JSON.stringify(end)} at ${at}`,
      );
    }
  }
});

Deno.test("LineReader skips what was not read of a long line", async () => {
  const chunk = utf8("x".repeat(WHOLE_LINE_SIZE_MAX));
  for (const readsFirst of [false, true]) {
    const reader = new LineReader(
      stream([chunk, chunk, chunk, utf8("end\nnext\n")]),
    );
    const line = await reader.next();
    assert(line && !(line instanceof Uint8Array));
    if (readsFirst) { for await (const _ of line) break; }
    assertEquals(await reader.next(), utf8("next"));
    assertEquals(await reader.next(), null);
  }
});

Deno.test("LineReader hands a line of 64 KiB over whole, and none that is longer", async () => {
  for (const size of [WHOLE_LINE_SIZE_MAX, WHOLE_LINE_SIZE_MAX + 1]) {
    const reader = new LineReader(stream([utf8("x".repeat(size)), utf8("\n")]));
    const isWhole = await reader.next() instanceof Uint8Array;
    assertEquals(isWhole, size === WHOLE_LINE_SIZE_MAX);
  }
});

function settings(...args: string[]): Settings {
  const parsed = parseCommandLine(args, {
    isTerminal: false,
    loginName: () => "login",
  });
  assert(typeof parsed === "object" && "target" in parsed);
  return parsed;
}

Deno.test("parseCommandLine() fills in the defaults", () => {
  const meet = settings();
  assertEquals(meet.command, "meet");
  assertEquals(meet.nickname, "login");
  assertEquals(meet.target, "tcp://127.0.0.1:15358");
  assertEquals(judge(meet.acceptIncoming, "ann") === "accept", false);
  assertEquals(judge(meet.acceptAnswering, "ann"), "accept");
  const atTerminal = parseCommandLine(["listen"], {
    isTerminal: true,
    loginName: () => "login",
  }) as Settings;
  assertEquals(judge(atTerminal.acceptIncoming, "ann"), "ask");
  assertEquals(atTerminal.methods, ["tcp://127.0.0.1:15358"]);
});

Deno.test("parseCommandLine() reads options before and behind operands", () => {
  const send = settings(
    "--nick=zoé",
    "send",
    "--raw",
    "tcp://h",
    "a",
    "--decision-timeout",
    ".5",
    "-",
    "--",
    "--b",
  );
  assertEquals(send.files, ["a", "-", "--b"]);
  assertEquals(send.target, "tcp://h");
  assertEquals(send.nickname, "zoé");
  assertEquals(send.isRaw, true);
  assertEquals(send.limits, { decisionTimeoutMs: 500 });
  assertEquals(settings("--nick", "a", "--nick", "b").nickname, "b");
});

Deno.test("parseCommandLine() reads - as the value of --output, and as an operand", () => {
  assertEquals(settings("listen", "--output", "-").output, "-");
  assertEquals(settings("--output", "-", "connect", "tcp://h").output, "-");
  assertEquals(settings("listen", "--output=x").output, "x");
  assertEquals(settings("listen", "-o", "-").output, "-");
  assertEquals(settings("listen", "-o", "x").output, "x");
  assertEquals(settings("send", "tcp://h", "-").output, undefined);
  for (
    const args of [["--output"], ["send", "tcp://h", "a", "--output", "-"]]
  ) {
    assertThrows(() => settings(...args), Misuse, "--output");
  }
});

Deno.test("parseCommandLine() takes values that begin with a dash, as one key in 64 does", () => {
  const [one, two] = [`-${"A".repeat(42)}`, `--${"A".repeat(41)}`];
  for (const key of [one, two]) {
    const read = settings("connect", "tls://h", "--pin", key, "--json");
    assertEquals(read.pinnedKey, key);
  }
  assertEquals(settings("listen", "--nick", "-").nickname, "-");
  for (const next of ["--json", "--json=false", "--"]) {
    assertThrows(
      () => settings("listen", "--nick", next),
      Misuse,
      "--nick needs a value",
    );
  }
});

Deno.test("parseCommandLine() refuses ask together with standard input as a file", () => {
  assertThrows(
    () =>
      parseCommandLine(["send", "tcp://h", "-", "--accept", "ask"], {
        isTerminal: true,
        loginName: () => "login",
      }),
    Misuse,
    "ask",
  );
});

Deno.test("helpText() and complaints name only commands that can be typed", () => {
  assert(!/\bmeet\b/.test(helpText()), "help");
  assertThrows(
    () =>
      parseCommandLine(["connect", "tcp://a", "--once"], {
        isTerminal: true,
        loginName: () => "login",
      }),
    Misuse,
    "--once is only for: listen, no command",
  );
});

Deno.test("helpText() fills lines of 80 columns", () => {
  const widths = helpText().split("\n").map(({ length }) => length);
  assertEquals(Math.max(...widths), 80);
});

Deno.test("parsePolicy() adds its entries up", () => {
  const list = parsePolicy(["ann", "bob", "none"]);
  assertEquals(judge(list, "ann"), "accept");
  assertEquals(judge(list, "Ann"), {
    reason: "not among those who are accepted here",
  });
  assertEquals(judge(parsePolicy(["none"]), "ann"), {
    reason: "nobody is accepted here",
  });
  assertEquals(judge(parsePolicy(["ask", "ann"]), "ann"), "accept");
  assertEquals(judge(parsePolicy(["ask", "ann"]), "bob"), "ask");
  assertEquals(judge(parsePolicy(["all", "ask"]), "bob"), "accept");
});

Deno.test("parsePolicy() takes a nickname with an identity for one that has to be proved", () => {
  const [own, other] = ["a", "b"].map((letter) => letter.repeat(43));
  const known = parsePolicy([`ann#${own}`]);
  const reason = "not among those who are accepted here";
  assertEquals(judge(known, "ann", own), "accept");
  assertEquals(judge(known, "ann", other), { reason });
  assertEquals(judge(known, "ann"), { reason });
  assertEquals(judge(known, "bob", own), { reason });
  assertEquals(judge(known, `ann#${own}`), { reason });
});

Deno.test("parseArgs() behaves as the command needs it", () => {
  const unknown: string[] = [];
  const text: string[] = ["s", "c", "_"];
  const parsed: Record<string, unknown> & { _: unknown[] } = parseArgs(
    ["a", "--s", "1", "--b", "x", "--c=1", "--c", "2", "-z", "7", "--", "--s"],
    {
      string: text,
      boolean: ["b"],
      collect: ["c"],
      unknown: (arg: string, key?: string) => {
        if (key !== undefined) unknown.push(arg);
        return key === undefined;
      },
    },
  );
  assertEquals(parsed.s, "1");
  assertEquals(parsed.b, true);
  assertEquals(parsed.c, ["1", "2"]);
  assertEquals(parsed._.slice(0, 2), ["a", "x"]);
  assertEquals(parsed._.at(-1), "--s");
  assertEquals(unknown, ["-z"]);
});

Deno.test("Transfer shows percent, rate and time left", () => {
  const transfer = new Transfer("a.bin -> bob", 1024 * 1024, 0);
  transfer.add(256 * 1024);
  const line = transfer.render(120, 1000);
  assert(line.includes(" 25%"), line);
  assert(line.includes("256.0 KiB/1.0 MiB"), line);
  assert(line.includes("256.0 KiB/s"), line);
  assert(line.includes("0:03 left"), line);
  assert(line.includes("[=======.......................]"), line);
  for (const columns of [1, 8, 20, 40, 80, 200]) {
    assert(displayWidth(transfer.render(columns, 2000)) <= columns);
  }
  const unknown = new Transfer("stdin", undefined, 0);
  unknown.add(10);
  assert(!unknown.render(80, 1000).includes("%"));
  assert(new Transfer("empty", 0, 0).render(80, 1).includes("100%"));
});

Deno.test("Transfers shows a few at once and counts the others", () => {
  const transfers = new Transfers();
  assertEquals(transfers.isEmpty, true);
  const all = Array.from(
    { length: 6 },
    (_, index) => transfers.start(`file ${index}`, 10, 0),
  );
  assertEquals(transfers.render(60, 10).length, 5);
  assertEquals(transfers.render(60, 10).at(-1), "and 2 more");
  for (const transfer of all) transfers.end(transfer);
  assertEquals(transfers.render(60, 10), []);
});

Deno.test("formatSize(), formatTime() and fit() write for people", () => {
  assertEquals(formatSize(0), "0 B");
  assertEquals(formatSize(1023), "1023 B");
  assertEquals(formatSize(1536), "1.5 KiB");
  assertEquals(formatSize(1024 ** 3), "1.0 GiB");
  assertEquals(formatTime(7), "0:07");
  assertEquals(formatTime(61.2), "1:02");
  assertEquals(formatTime(3723), "1:02:03");
  assertEquals(fit("abc", 5), "abc  ");
  assertEquals(fit("abcdef", 4), "abc~");
  assertEquals(displayWidth(fit("日本語", 4)), 4);
});

/** Takes bytes as slowly as the test wants. */
class SlowSink {
  written = "";
  #gate: Promise<void> = Promise.resolve();
  #isTerminal: boolean;
  isBroken = false;

  constructor(isTerminal = false) {
    this.#isTerminal = isTerminal;
  }

  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#gate;
    return this.writeSync(bytes);
  }

  writeSync(bytes: Uint8Array): number {
    if (this.isBroken) throw new Deno.errors.BrokenPipe("gone");
    const count = Math.min(bytes.length, 100_000);
    this.written += new TextDecoder().decode(bytes.subarray(0, count));
    return count;
  }

  isTerminal(): boolean {
    return this.#isTerminal;
  }
}

Deno.test("Output keeps the order and tells when too much waits", async () => {
  const sink = new SlowSink();
  const release = sink.hold();
  const output = new Output(sink);
  output.write("first\n");
  output.write("x".repeat(2_000_000));
  let isReady = false;
  const ready = output.ready().then(() => isReady = true);
  output.writeOrDrop("dropped\n");
  await Promise.resolve();
  assertEquals(isReady, false);
  release();
  await ready;
  output.write("\nlast\n");
  await output.flush();
  assertEquals(sink.written.length, 6 + 2_000_000 + 6);
  assert(sink.written.endsWith("\nlast\n"));
  assert(!sink.written.includes("dropped"));
});

Deno.test("Output writes to a terminal at once", () => {
  const sink = new SlowSink(true);
  const output = new Output(sink);
  output.write("now");
  assertEquals(sink.written, "now");
});

Deno.test("Output that nobody reads any more says so once and drops the rest", async () => {
  for (const isTerminal of [false, true]) {
    const sink = new SlowSink(isTerminal);
    sink.isBroken = true;
    const output = new Output(sink);
    output.write("x");
    await output.broken;
    output.write("y".repeat(3_000_000));
    await output.ready();
    await output.flush();
    assertEquals(sink.written, "");
  }
});

Deno.test("parseCommandLine() takes blanks around the commas of --accept", () => {
  const { acceptIncoming } = settings("listen", "--accept", "ann, cyd");
  assertEquals(judge(acceptIncoming, "cyd"), "accept");
});
