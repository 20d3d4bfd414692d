// The arguments of the command as they are typed, before they are parsed.
import { assertEquals, assertThrows } from "@std/assert";
import { checkSwitches, withValues } from "../../src/peer/arguments.ts";
import { Misuse } from "../../src/peer/misuse.ts";
import { meantText } from "../../src/peer/slips.ts";

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
