// The screen on which nothing moves.
import { assert, assertEquals } from "@std/assert";
import { PlainScreen } from "../../src/peer/plain_screen.ts";
import { inAscii, terminalKind } from "../../src/peer/terminal_kind.ts";

function kindOf(variables: Record<string, string>): [boolean, boolean] {
  const { isCapable, isUnicode } = terminalKind((name) => variables[name]);
  return [isCapable, isUnicode];
}

Deno.test("PlainScreen gives lines as they are typed, draws nothing, and ends with its input", async () => {
  const chunks = ["hel", "lo\nsecond\r\n\u00e9", "nd"].map((text) =>
    new TextEncoder().encode(text)
  );
  const screen = new PlainScreen({ input: ReadableStream.from(chunks) });
  const heard: string[] = [];
  const ended = Promise.withResolvers<void>();
  screen.readKeyboard({
    onLine: ({ text, isPasted, prompt }) => {
      assertEquals([isPasted, prompt], [false, undefined]);
      heard.push(text);
    },
    onTab: () => "",
    onInterrupt: () => {},
    onEnd: ended.resolve,
  });
  screen.setBars();
  screen.setPrompt();
  let printed = 0;
  screen.print(() => printed++);
  await ended.promise;
  assertEquals(heard, ["hello", "second"]);
  assertEquals(printed, 1);
  assert(screen.fits() && !screen.isTyping && screen.columns > 0);
  screen.close();
});

Deno.test("terminalKind() tells what a terminal can show by TERM and the locale", () => {
  assertEquals(kindOf({}), [true, true]);
  assertEquals(kindOf({ TERM: "dumb", LANG: "C" }), [false, false]);
  assertEquals(kindOf({ TERM: "xterm", LANG: "de_DE.utf8" }), [true, true]);
  assertEquals(kindOf({ LC_ALL: "POSIX", LANG: "C.UTF-8" }), [true, false]);
  assertEquals(kindOf({ LC_CTYPE: "C.UTF-8", LANG: "C" }), [true, true]);
  assertEquals(inAscii("bob#abc…, verified"), "bob#abc..., verified");
});
