// What the screen writes, and what it leaves alone.
import { assertEquals } from "@std/assert";
import { Screen, type Terminal } from "../../src/peer/screen.ts";
import { turns, until } from "../helpers/deadline.ts";

/** A terminal of 80 columns, and what is done to it. */
function record(input: AsyncIterable<Uint8Array> = new ReadableStream()) {
  const seen = {
    text: "",
    raw: [] as boolean[],
    ended: 0,
    lines: [] as string[],
  };
  const terminal: Terminal = {
    write: (text) => void (seen.text += text),
    size: () => ({ columns: 80, rows: 24 }),
    setRaw: (isRaw) => void seen.raw.push(isRaw),
    input,
    watchChanges: () => () => {},
    suspend: () => {},
  };
  const screen = new Screen(terminal);
  const handlers = {
    onLine: ({ text }: { text: string }) => void seen.lines.push(text),
    onTab: () => "",
    onInterrupt: () => {},
    onEnd(): void {
      seen.ended++;
      screen.close();
      seen.text = "";
    },
  };
  return { screen, seen, handlers };
}

Deno.test("nothing is drawn again that stays as it was, and a terminal that was not taken over is not given back", () => {
  const { screen, seen } = record();
  screen.setBars([]);
  assertEquals(seen.text, "");
  const prompt = { text: "accept? " };
  screen.setPrompt(prompt);
  seen.text = "";
  screen.setPrompt(prompt);
  screen.close();
  assertEquals(seen, { text: "", raw: [], ended: 0, lines: [] });
});

Deno.test("without bars the cursor stays in its row, and without a keyboard there is no prompt", () => {
  const { screen, seen, handlers } = record();
  screen.print(() => {});
  assertEquals(seen.text, "\r\x1b[0J\r\x1b[?7l\x1b[?7h");
  screen.readKeyboard(handlers);
  assertEquals(seen.text.includes("> "), true);
  screen.close();
});

Deno.test("a prompt fits where twelve columns are left", () => {
  const { screen } = record();
  for (const [size, fits] of [[68, true], [69, false]] as const) {
    assertEquals(screen.fits({ text: "x".repeat(size) }), fits);
    assertEquals(
      screen.fits({ text: "x".repeat(size - 2), ending: "? " }),
      fits,
    );
  }
});

Deno.test("behind its end the keyboard is read no further, and nothing more is drawn", async () => {
  let isReleased = false;
  async function* keys(): AsyncGenerator<Uint8Array> {
    try {
      yield new TextEncoder().encode("\x04left\r");
      await new Promise(() => {});
    } finally {
      isReleased = true;
    }
  }
  const { screen, seen, handlers } = record(keys());
  screen.readKeyboard(handlers);
  await until(() => seen.ended > 0, "the end");
  await turns();
  assertEquals([seen.text, seen.ended, seen.lines], ["", 1, []]);
  assertEquals(isReleased, true);
});

Deno.test("a terminal that takes a byte at a time gets all of them", () => {
  const { writeSync } = Deno.stderr;
  const sizes: number[] = [];
  let text = "";
  Deno.stderr.writeSync = (bytes) => {
    sizes.push(bytes.length);
    if (bytes.length === 0) throw new Error("nothing to write");
    text += String.fromCharCode(bytes[0]!);
    return 1;
  };
  try {
    new Screen().print(() => {});
  } finally {
    Deno.stderr.writeSync = writeSync;
  }
  assertEquals(text, "\r\x1b[0J\r\x1b[?7l\x1b[?7h");
  assertEquals(sizes.includes(0), false);
});
