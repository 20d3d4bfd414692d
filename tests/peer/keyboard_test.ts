import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { unicodeWidth } from "@std/cli/unicode-width";
import { join } from "node:path";
import { KeyDecoder, type Stroke } from "../../src/peer/keys.ts";
import { LineEditor } from "../../src/peer/line_editor.ts";
import { Screen, type Terminal } from "../../src/peer/screen.ts";
import { completePath, typedPaths } from "../../src/peer/typed_paths.ts";
import { replacing } from "../helpers/replaced_system.ts";

function strokes(...chunks: string[]): Stroke[] {
  const decoder = new KeyDecoder();
  return chunks.flatMap((chunk) =>
    decoder.decode(new TextEncoder().encode(chunk))
  );
}

Deno.test("KeyDecoder tells text, keys and pastes apart, in every cut", () => {
  const input = "hé\x1b[D\x7f\x1b[200~a\r\nb\x1b[201~\r";
  const whole = strokes(input);
  assertEquals(whole, [
    { kind: "text", text: "hé" },
    { kind: "key", key: "left" },
    { kind: "key", key: "backspace" },
    { kind: "paste", text: "a\r\nb" },
    { kind: "key", key: "enter" },
  ]);
  // A lone Escape at the end of a read is the key of that name.
  for (let at = 1; at < input.length; at++) {
    if (input[at - 1] === "\x1b" && input[at + 1] === "D") continue;
    if (input.slice(0, at).endsWith("\x1b") && at < 8) continue;
    const found = strokes(input.slice(0, at), input.slice(at));
    for (const stroke of found) {
      assert(stroke.kind === "key" || stroke.text !== "", `cut at ${at}`);
    }
    const text = found
      .map((stroke) => stroke.kind === "key" ? `<${stroke.key}>` : stroke.text)
      .join("");
    assertEquals(text, "hé<left><backspace>a\r\nb<enter>", `cut at ${at}`);
  }
});

Deno.test("KeyDecoder waits for the rest of an escape sequence of up to 31 characters, and not behind the key Escape", () => {
  const x: Stroke = { kind: "text", text: "x" };
  assertEquals(strokes("\x1b", "x"), [x]);
  for (const size of [31, 32]) {
    const begun = "\x1b[".padEnd(size, "1");
    assertEquals(strokes(begun, "x"), size < 32 ? [] : [x], `${size}`);
  }
});

Deno.test("LineEditor takes a letter with its marks as one place", () => {
  const editor = new LineEditor();
  for (const character of "e\u0302\u0301x") editor.insert(character);
  editor.press("left");
  editor.press("backspace");
  assertEquals(editor.text, "x");
});

Deno.test("LineEditor shows no more columns than there are, with the cursor among them", () => {
  const editor = new LineEditor();
  editor.insert("日本語ế".repeat(100));
  for (const key of ["end", "left", "home", "right"] as const) {
    editor.press(key);
    for (const columns of [2, 3, 10, 79]) {
      const { before, after } = editor.view(columns);
      assert(unicodeWidth(before + after) < columns);
    }
  }
});

Deno.test("LineEditor shows what stands behind the cursor in a line wider than the row", () => {
  const editor = new LineEditor();
  editor.insert("x".repeat(200) + "end");
  for (let count = 0; count < 3; count++) editor.press("left");
  assertEquals(editor.view(79).after, "end");
});

Deno.test("Screen moves up by its bars only, whatever was typed", () => {
  let written = "";
  const terminal: Terminal = {
    write: (text) => written += text,
    size: () => ({ columns: 40, rows: 10 }),
    setRaw: () => {},
    input: new ReadableStream(),
    watchChanges: () => () => {},
    suspend: () => {},
  };
  const screen = new Screen(terminal);
  screen.readKeyboard({
    onLine: () => {},
    onTab: () => "",
    onInterrupt: () => {},
    onEnd: () => {},
  });
  screen.setPrompt({ text: "e\u0301".repeat(200) + " accept? " });
  screen.setBars(["ế".repeat(200), "👍".repeat(200)]);
  written = "";
  screen.print(() => written += "note\n");
  assert(written.startsWith("\r\x1b[2A\x1b[0J"), JSON.stringify(written));
  for (const row of written.split("\n")) {
    // deno-lint-ignore no-control-regex -- escape sequences begin with ESC
    const shown = row.replace(/\x1b(?:\[[?\d]*[A-Za-z]|[78])|\r/g, "");
    assert(unicodeWidth(shown) < 40, shown);
  }
  written = "";
  screen.setBars([]);
  screen.print(() => {});
  assertEquals(written.split("\x1b[2A").length, 2);
  screen.close();
});

Deno.test("Screen shows what a prompt asks for, however long the rest is", () => {
  let written = "";
  const screen = new Screen({
    write: (text) => written += text,
    size: () => ({ columns: 80, rows: 24 }),
    setRaw: () => {},
    input: new ReadableStream(),
    watchChanges: () => () => {},
    suspend: () => {},
  });
  screen.readKeyboard({
    onLine: () => {},
    onTab: () => "",
    onInterrupt: () => {},
    onEnd: () => {},
  });
  const ending = ". accept? [y/N] ";
  for (
    const [text, isWhole] of [
      ["ann (127.0.0.1:54510) asks to talk", true],
      [
        "alice#cHhbwWXx…, verified (127.0.0.1:45490) asks to talk with you",
        false,
      ],
      ["ế".repeat(255), false],
    ] as const
  ) {
    written = "";
    const prompt = { text, ending };
    assertEquals(screen.fits(prompt), isWhole);
    screen.setPrompt(prompt);
    assert(written.includes(isWhole ? text + ending : `~${ending}`), written);
  }
  screen.close();
});

Deno.test("Screen draws its bars once when a typed line is answered by notes", async () => {
  let written = "";
  const typed = new TransformStream<Uint8Array, Uint8Array>();
  const handled = Promise.withResolvers<void>();
  const terminal: Terminal = {
    write: (text) => written += text,
    size: () => ({ columns: 40, rows: 10 }),
    setRaw: () => {},
    input: typed.readable,
    watchChanges: () => () => {},
    suspend: () => {},
  };
  const screen = new Screen(terminal);
  screen.readKeyboard({
    onLine: () => screen.print(() => written += "note\n"),
    onTab: () => "",
    onInterrupt: () => {},
    onEnd: () => handled.resolve(),
  });
  screen.setBars(["bar"]);
  written = "";
  const writer = typed.writable.getWriter();
  await writer.write(new TextEncoder().encode("x\r\x04"));
  await handled.promise;
  await writer.close();
  const drawn = written.split("bar\n").length - 1;
  const cleared = written.split("\x1b[1A").length - 1;
  // One bar was there before, and one is to stay.
  assertEquals(drawn, cleared, JSON.stringify(written));
  screen.close();
});

Deno.test("Ctrl-Z gives the terminal back as it was, and what was typed is there again behind it", async () => {
  const typed = new TransformStream<Uint8Array, Uint8Array>();
  const ended = Promise.withResolvers<void>();
  const done: string[] = [];
  let onChange = () => {};
  const terminal: Terminal = {
    write: (text) => done.push(JSON.stringify(text)),
    size: () => ({ columns: 40, rows: 10 }),
    setRaw: (isRaw) => done.push(`raw ${isRaw}`),
    input: typed.readable,
    watchChanges(listener) {
      onChange = listener;
      return () => {};
    },
    suspend: () => done.push("suspend"),
  };
  const screen = new Screen(terminal);
  screen.readKeyboard({
    onLine: () => {},
    onTab: () => "",
    onInterrupt: () => {},
    onEnd: () => ended.resolve(),
  });
  screen.setBars(["bar"]);
  const writer = typed.writable.getWriter();
  await writer.write(new TextEncoder().encode("half\x1a"));
  await writer.close();
  await ended.promise;
  const at = done.indexOf("suspend");
  assertEquals(done[at - 1], "raw false");
  assertEquals(done[at - 2], JSON.stringify("\x1b[?2004l"));
  assertStringIncludes(done[at - 3]!, "\\u001b[0J");
  assertEquals(done[at + 1], "raw true");
  assertStringIncludes(done.slice(at).join(), "half");
  assertStringIncludes(done.slice(at).join(), "bar");
  // The same where somebody else has stopped it.
  done.length = 0;
  onChange();
  assertEquals(done[0], "raw true");
  assertStringIncludes(done.join(), "half");
  screen.close();
  assertEquals(done.at(-1), "raw false");
});

Deno.test("typedPaths() reads paths as they are typed, dropped and completed", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "my file.txt");
  Deno.writeTextFileSync(path, "");
  Deno.writeTextFileSync(join(folder, "other"), "");
  const escaped = path.replaceAll(" ", "\\ ");
  const url = `file://${path.replaceAll(" ", "%20")}`;
  for (const text of [path, `'${path}'`, `"${path}"`, escaped, url]) {
    assertEquals(typedPaths(text), [path], text);
  }
  assertEquals(typedPaths(`${escaped} ${folder}/other`), [
    path,
    join(folder, "other"),
  ]);
  assertEquals(typedPaths("~/x"), [join(Deno.env.get("HOME") ?? "", "x")]);
  assertEquals(completePath(`${folder}/my`).insertion, "\\ file.txt ");
  assertEquals(completePath(`"${folder}/my`).insertion, ' file.txt" ');
  assertEquals(completePath(`${folder}/`).choices, ["my file.txt", "other"]);
  assertEquals(completePath(`${folder}/none`), { insertion: "", choices: [] });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("completePath() looks at 10,000 entries of a folder", async () => {
  function* readDirSync(): Generator<Deno.DirEntry> {
    const kind = { isFile: true, isDirectory: false, isSymlink: false };
    for (let index = 0; index < 10_001; index++) {
      yield { ...kind, name: `${index}` };
    }
  }
  await replacing({ readDirSync }, () => {
    assertEquals(completePath("folder/").choices.length, 10_000);
    return Promise.resolve();
  });
});
