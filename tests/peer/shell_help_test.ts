// Completion and the manual page: made from the table of commands, and taken by the real shells.
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { COMMANDS, OPTIONS, SHELLS } from "../../src/peer/command_table.ts";
import { completionScript } from "../../src/peer/completion.ts";
import { manPage } from "../../src/peer/man_page.ts";
import { runPeerProcess } from "../helpers/peer_process.ts";

/** Runs a program with this input; `undefined` where it is not on this machine. */
async function run(
  program: string,
  args: readonly string[],
  input: string,
): Promise<{ isGood: boolean; out: string; errors: string } | undefined> {
  const command = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  let child: Deno.ChildProcess;
  try {
    child = command.spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.warn(`no "${program}" here: that part of the test is skipped`);
    return undefined;
  }
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return {
    isGood: success,
    out: decoder.decode(stdout),
    errors: decoder.decode(stderr),
  };
}

/** What bash offers for a line whose last word is being typed. */
async function inBash(line: string): Promise<string[] | undefined> {
  const words = line.split(" ");
  const script = `${completionScript("bash", "lekt")}
compopt() { :; }
COMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")})
COMP_CWORD=${words.length - 1}
_lekt
printf '%s\\n' "\${COMPREPLY[@]}"
`;
  const result = await run("bash", ["--norc", "-s"], script);
  if (!result) return undefined;
  assertEquals(result.errors, "");
  return result.out.split("\n").filter((word) => word !== "");
}

Deno.test("bash completes commands, options of the command, their values, and codes", async () => {
  const cases: [string, string[]][] = [
    ["lekt li", ["listen"]],
    ["lekt re", ["receive", "relay"]],
    ["lekt completion ", [...SHELLS]],
    ["lekt send --ra", ["--raw"]],
    ["lekt listen --ra", []],
    ["lekt --once listen --advert", ["--advertise"]],
    ["lekt listen --accept-files a", ["all", "ask"]],
    // So bash takes --accept-files=a apart.
    ["lekt listen --accept-files = a", ["all", "ask"]],
    ["lekt listen --accept-files =", ["all", "ask", "none"]],
    ["lekt listen -o LICEN", ["LICENSE"]],
    ["lekt receive 7-oce", ["7-ocean-"]],
    ["lekt receive 7-ocean-lamp-tig", ["7-ocean-lamp-tiger"]],
    ["lekt receive 7", []],
    ["lekt listen --nick ", []],
    ["lekt listen LICEN", []],
    ["lekt send LICEN", ["LICENSE"]],
  ];
  for (const [line, wanted] of cases) {
    const offered = await inBash(line);
    if (offered === undefined) return;
    assertEquals(offered, wanted, line);
  }
});

Deno.test("each shell takes its script, in which all commands and options stand", async () => {
  for (const shell of SHELLS) {
    const script = completionScript(shell, "lekt");
    for (const { word } of COMMANDS) assertStringIncludes(script, word ?? "");
    for (const { name } of OPTIONS) assertStringIncludes(script, name);
    const result = await run(shell, ["-n"], script);
    if (!result) continue;
    assert(result.isGood, `${shell}: ${result.errors}`);
    assertEquals(result.errors, "");
  }
});

Deno.test("zsh asks for no value of an option that has none", () => {
  const script = completionScript("zsh", "lekt");
  assertMatch(script, /'--once\[[^\]]*\]'/);
  assertMatch(script, /'--nick=\[[^\]]*\]:/);
});

Deno.test("the manual page has all commands and options, and groff warns of nothing", async () => {
  const page = manPage("lekt", "1.2.3");
  for (const { word } of COMMANDS) {
    assertStringIncludes(page, word ? `lekt ${word}` : "lekt");
  }
  for (const { name } of OPTIONS) {
    assertStringIncludes(page, `\\-\\-${name.replaceAll("-", "\\-")}`);
  }
  const lines = page.split("\n");
  for (const line of lines) assert(!line.startsWith("'"), line);
  assertEquals(Math.max(...lines.map(({ length }) => length)), 78);
  const args = ["-man", "-Tascii", "-ww", "-z"];
  const result = await run("groff", args, page);
  assertEquals(result?.errors ?? "", "");
});

Deno.test("peer prints completion and the manual page, and refuses other shells", async () => {
  const completion = await runPeerProcess(["completion", "fish"]);
  assertEquals(completion.stdout, completionScript("fish", "lekt"));
  const man = await runPeerProcess(["man"]);
  assert(man.stdout.startsWith(".TH LEKT 1"));
  const other = await runPeerProcess(["completion", "tcsh"]);
  assertEquals(other.status, 2);
  assertStringIncludes(other.stderr, "bash, zsh, fish");
});
