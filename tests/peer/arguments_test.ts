// The arguments of the command as they are typed, before they are parsed.
import { assertEquals, assertThrows } from "@std/assert";
import { checkSwitches, withValues } from "../../src/peer/arguments.ts";
import { Misuse } from "../../src/peer/misuse.ts";
import { meantText } from "../../src/peer/slips.ts";
import {
  checkTarget,
  readPin,
  readSendOperands,
} from "../../src/peer/targets.ts";

const DIGEST = "A".repeat(43);

Deno.test("behind -- all is an operand, whatever it looks like", () => {
  const operands = ["--nick", "-", "--nick=", "-o", "--json=no"];
  const typed = ["-o", "-", "--nick", "a", "--", ...operands];
  const joined = withValues(typed);
  assertEquals(joined, ["--output=-", "--nick", "a", "--", ...operands]);
  checkSwitches(joined);
});

Deno.test("an option has no empty value, and a switch none but true and false", () => {
  for (const args of [["--nick="], ["--nick", ""], ["-o", ""]]) {
    assertThrows(() => withValues(args), Misuse, "needs a value");
  }
  checkSwitches(["--json", "--json=true", "--raw=false", "--nick=no"]);
  for (const arg of ["--json=no", "--json=", "--json=true=false"]) {
    assertThrows(() => checkSwitches([arg]), Misuse, "--json takes no value");
  }
});

Deno.test("a word is asked about where it is begun by two letters, or has two slips in eight", () => {
  const words = ["send", "complete", "accept-incoming"];
  const meant = (typed: string) => /"(.*)"/.exec(meantText(typed, words))?.[1];
  assertEquals(["se", "sedn"].map(meant), ["send", "send"]);
  assertEquals(["s", "snd", "sxnx"].map(meant), Array(3).fill(undefined));
  assertEquals(["cxmplxte", "cxmplxe"].map(meant), ["complete", undefined]);
  assertEquals(meant("axcept-xncoming"), "accept-incoming");
  assertEquals(meant("axcept-xncomxng"), undefined);
  assertEquals(meantText("xend", ["send", "bend"]), '; is "send" meant?');
});

Deno.test("the first operand of send is a target where it looks like one, or is no file and others follow", () => {
  const read = (...operands: string[]) =>
    readSendOperands(operands, (path) => path.startsWith("file"));
  const ann = `ann#${DIGEST}`;
  for (const target of ["tcp://h", ann, "ann"]) {
    assertEquals(read(target, "file"), { target, files: ["file"] });
  }
  for (const files of [["ann"], ["file", "ann"], ["-", "file"]]) {
    assertEquals(read(...files), { files });
  }
  for (const target of ["tcp://h", ann]) {
    assertThrows(() => read(target), Misuse, "operand is missing");
  }
  assertThrows(() => read("file", "tcp://h"), Misuse, "TARGET comes first");
});

Deno.test("a target is a method, or with a directory a nickname", () => {
  checkTarget("tcp://h:1", "connect", false);
  checkTarget("ann", "connect", true);
  for (const hasDirectory of [true, false]) {
    assertThrows(() => checkTarget("tcp://", "connect", hasDirectory), Misuse);
  }
  assertThrows(() => checkTarget("a\0", "connect", true), Misuse);
  assertThrows(() => checkTarget("ann", "send", false), Misuse, "no file of");
});

Deno.test("a key is pinned for a target that can prove one", () => {
  assertEquals(readPin(undefined, "tcp://h"), {});
  const pinned = { pinnedKey: DIGEST };
  for (const target of ["tls://h", "wss://h", "relay+ws://h", "RELAY://h"]) {
    assertEquals(readPin(DIGEST, target), pinned);
    assertThrows(() => readPin("A", target), Misuse, "43 characters");
  }
  for (const target of ["tcp://h", "ws://h", "ann"]) {
    assertThrows(() => readPin(DIGEST, target), Misuse, "needs a tls");
  }
});
