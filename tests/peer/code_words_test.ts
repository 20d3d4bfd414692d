import { assert, assertEquals, assertThrows } from "@std/assert";
import { completeCode, readCode } from "../../src/peer/code/code.ts";
import { makeCode } from "../../src/peer/code/make_code.ts";
import { WORDS } from "../../src/peer/code/words.ts";
import { Misuse } from "../../src/peer/misuse.ts";
import { slipsBetween } from "../../src/peer/slips.ts";

Deno.test("the words of codes are 256, and far apart", () => {
  assertEquals(new Set(WORDS).size, 256);
  assertEquals(new Set(WORDS.map((word) => word.slice(0, 3))).size, 256);
  assertEquals(WORDS, WORDS.toSorted());
  for (const [index, word] of WORDS.entries()) {
    assert(/^[a-z]{4,7}$/.test(word), word);
    for (const other of WORDS.slice(index + 1)) {
      assert(slipsBetween(word, other) >= 3, `${word} ${other}`);
    }
  }
});

Deno.test("makeCode() draws from all words, anew each time", () => {
  const seen = new Set<string>();
  for (let count = 0; count < 3_000; count++) {
    const { text } = makeCode(7);
    assertEquals(readCode(text).text, text);
    for (const word of text.split("-").slice(1)) seen.add(word);
  }
  // A word of 256 is missing among 9,000 in one of 10^13 runs.
  assertEquals(seen.size, 256);
});

Deno.test("readCode() takes what people type for the code that they mean", () => {
  const wanted = { number: 7, text: "7-ocean-lamp-tiger" };
  for (
    const typed of [
      "7-ocean-lamp-tiger",
      "7-OCEAN-Lamp-tiger",
      " 7 ocean  lamp tiger ",
      "7–ocean–lamp—tiger",
      "7.ocean.lamp.tiger",
      "7_ocean_lamp_tiger",
      "7, ocean, lamp, tiger",
      "7-oce-lam-tig",
      "7-ocaen-lmap-tigre",
      "7-ocan-lampp-tigar",
    ]
  ) assertEquals(readCode(typed), wanted, typed);
  assertEquals(readCode("999999-zebra-zinc-actor").number, 999_999);
});

Deno.test("readCode() says what is wrong, and which word may be meant", () => {
  const faults: [string, string][] = [
    ["", "is no code"],
    ["ocean-lamp-tiger", "is no code"],
    ["7-ocean-lamp", "is no code"],
    ["7-ocean-lamp-tiger-zebra", "is no code"],
    ["0-ocean-lamp-tiger", "number 0"],
    ["1000000-ocean-lamp-tiger", "number 1000000"],
    ["7-oxxan-lamp-tiger", 'is "ocean" meant?'],
    ["7-oc-lamp-tiger", '"oc" is no word of codes'],
    ["7-qqqqqqqq-lamp-tiger", '"qqqqqqqq" is no word of codes'],
    [`7-${"x".repeat(1_000)}-lamp-tiger`, "is no word of codes"],
    ["7-\u001b[2J-lamp-tiger", "\\u{1b}"],
  ];
  for (const [typed, says] of faults) {
    const { message } = assertThrows(() => readCode(typed), Misuse);
    assert(message.includes(says), message);
    assert(message.length < 200, message);
  }
});

Deno.test("completeCode() puts in what one word alone can mean", () => {
  const cases: [string, string][] = [
    ["", ""],
    ["7", ""],
    ["7-", ""],
    ["7-oce", "an-"],
    ["7-o", ""],
    ["7-ocean-la", ""],
    ["7-ocean-lam", "p-"],
    ["7-ocean-lamp-TIG", "er"],
    ["7 ocean lamp tig", "er"],
    ["7-xx", ""],
  ];
  for (const [typed, insertion] of cases) {
    assertEquals(completeCode(typed), insertion, typed);
  }
});
