// The line that a person is typing, key by key.
import { assertEquals } from "@std/assert";
import type { Key } from "../../src/peer/keys.ts";
import { LineEditor } from "../../src/peer/line_editor.ts";

/** An editor with a line in it, after some keys; the cursor is shown as `|`. */
function edited(text: string, ...keys: Key[]): string {
  const editor = new LineEditor();
  editor.insert(text);
  for (const key of keys) editor.press(key);
  const before = editor.textBeforeCursor;
  return `${before}|${editor.text.slice(before.length)}`;
}

/** An editor that remembers so many lines. */
function withHistory(count: number): LineEditor {
  const editor = new LineEditor();
  for (let index = 0; index < count; index++) {
    editor.insert(`line ${index}`);
    editor.take();
  }
  return editor;
}

Deno.test("keys move the cursor within the line, and remove what is there", () => {
  const cases: [shown: string, ...keys: Key[]][] = [
    ["one two|", "right"],
    ["|one two", "home", "left"],
    ["one two|", "home", "end"],
    ["one |two", "wordLeft"],
    ["|one two", "wordLeft", "wordLeft", "wordLeft"],
    ["one| two", "home", "wordRight"],
    ["one two|", "home", "wordRight", "wordRight", "wordRight"],
    ["one |", "killWord"],
    ["|", "killWord", "killWord", "killWord"],
    ["|one two", "home", "backspace"],
    ["|ne two", "home", "delete"],
    ["one two|", "delete"],
    ["one|", "home", "wordRight", "killEnd"],
    ["| two", "home", "wordRight", "killStart"],
  ];
  for (const [shown, ...keys] of cases) {
    assertEquals(edited("one two", ...keys), shown, keys.join());
  }
  assertEquals(edited("  ", "wordLeft"), "|  ");
  assertEquals(edited("  ", "home", "wordRight"), "  |");
});

Deno.test("a hundred lines are remembered, and the keys up and down end at both ends of them", () => {
  for (const [count, first] of [[99, 0], [100, 0], [101, 1]] as const) {
    const editor = withHistory(count);
    const seen: string[] = [];
    for (let index = 0; index < 102; index++) {
      editor.press("up");
      seen.push(editor.text);
    }
    assertEquals(seen[0], `line ${count - 1}`);
    assertEquals(new Set(seen).size, Math.min(count, 100));
    assertEquals(seen.at(-1), `line ${first}`);
    editor.press("down");
    assertEquals(editor.text, `line ${first + 1}`);
  }
  const editor = withHistory(2);
  for (const text of ["line 1", "line 0", "line 0"]) {
    editor.press("up");
    assertEquals(editor.text, text);
  }
  for (const text of ["line 1", "", ""]) {
    editor.press("down");
    assertEquals(editor.text, text);
  }
});

Deno.test("where no line is remembered, the keys up and down leave what was typed", () => {
  for (const key of ["up", "down"] as const) {
    assertEquals(edited("typed", key), "typed|");
  }
});

Deno.test("a row shows as much of a long line as has room, with eight columns, or a quarter, behind the cursor", () => {
  const editor = new LineEditor();
  editor.insert("ab");
  assertEquals(editor.view(80), { before: "ab", after: "" });
  editor.insert("x".repeat(198));
  assertEquals(editor.view(80).before.length, 79);
  for (let count = 0; count < 100; count++) editor.press("left");
  for (
    const [columns, before, after] of [[80, 71, 8], [32, 23, 8], [
      12,
      8,
      3,
    ]] as const
  ) {
    const view = editor.view(columns);
    assertEquals([view.before.length, view.after.length], [before, after]);
  }
});
