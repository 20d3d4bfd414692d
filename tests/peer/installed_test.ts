// The command as it is installed: called by its own name, from any folder.
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { programName, shortName } from "../../src/peer/program_name.ts";
import { within } from "../helpers/peer_process.ts";
import { replacing } from "../helpers/replaced_system.ts";

const ROOT = new URL("../../", import.meta.url);
const MAIN = new URL("src/peer/main.ts", ROOT).href;

/** Runs a program to its end in a folder of its own. */
async function run(
  program: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await within(
    program,
    new Deno.Command(program, { args, cwd, env }).output(),
  );
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

Deno.test("deno install gives a command that calls itself by the name that it was given", async () => {
  const folder = await Deno.makeTempDir({ prefix: "lekt-installed-" });
  // The stand-ins of JSR's packages by their full paths: the configuration is copied.
  const { links, imports } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const config = `${folder}/deno.json`;
  await Deno.writeTextFile(
    config,
    JSON.stringify({
      imports,
      links: links.map((link: string) => new URL(link, ROOT).pathname),
    }),
  );
  const installed = await run(Deno.execPath(), [
    ...["install", "--global", "--root", folder, "--name", "lekt", "-A"],
    ...["--config", config, MAIN],
  ], folder);
  assertEquals(installed.code, 0, installed.stderr);
  const program = `${folder}/bin/lekt`;
  // A shell tells what it has started in this variable.
  const help = await run(program, ["--help"], folder, { _: program });
  assertEquals(help.code, 0, help.stderr);
  assertMatch(help.stdout, /^ {2}lekt receive \[CODE\]$/m);
  assert(!help.stdout.includes("deno task"), help.stdout);
  const wrong = await run(program, ["dance"], folder, { _: program });
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.stderr, "Help: lekt --help");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("runPeer() calls itself lekt, as the script of the packed package does that runs it", async () => {
  const config = new URL("deno.json", ROOT).pathname;
  const script = `const { runPeer } = await import("${MAIN}");
    Deno.exit(await runPeer(["--help"]));`;
  const help = await run(
    Deno.execPath(),
    ["eval", "--config", config, script],
    new URL(".", ROOT).pathname,
  );
  assertEquals(help.code, 0, help.stderr);
  assertMatch(help.stdout, /^ {2}lekt receive \[CODE\]$/m);
});

Deno.test("programName() believes the variable of a shell only where that names the installed script", async () => {
  const folder = await Deno.makeTempDir({ prefix: "lekt-installed-" });
  const path = `${folder}/lekt`;
  await Deno.writeTextFile(
    path,
    `#!/bin/sh\nexec deno run -A '${MAIN}' "$@"\n`,
  );
  const named = (started: string, main = MAIN, isTask = false): string =>
    programName(main, isTask, (name) => name === "_" ? started : undefined);
  const byFile = `deno run ${new URL(MAIN).pathname}`;
  const jsr = "https://jsr.io/@lekt/lekt/0.1.0/src/peer/main.ts";
  assertEquals(named(path), "lekt");
  assertEquals(named(path, MAIN, true), "lekt");
  assertEquals(named(Deno.execPath(), MAIN, true), "deno task peer");
  assertEquals(named(path, jsr), "deno run jsr:@lekt/lekt/peer");
  assertEquals(named(Deno.execPath()), byFile);
  assertEquals(named(`${folder}/none`), byFile);
  assertEquals(named(folder), byFile);
  assertEquals(named(""), byFile);
  // As long as a script may be, and longer.
  const script = Deno.readTextFileSync(path);
  for (const [size, name] of [[16 * 1024, "lekt"], [16 * 1024 + 1, byFile]]) {
    await Deno.writeTextFile(path, script.padEnd(Number(size), "#"));
    assertEquals(named(path), name);
  }
  const build = { ...Deno.build, standalone: true };
  const execPath = () => "/opt/talk";
  await replacing({ build, execPath }, () => {
    assertEquals(named(path), "talk");
    return Promise.resolve();
  });
  await Deno.writeTextFile(
    path,
    "#!/bin/sh\nexec deno run -A 'jsr:@lekt/lekt/peer' \"$@\"\n",
  );
  assertEquals(named(path, jsr), "lekt");
  assertEquals(named(path), byFile);
  assertEquals(["lekt", "deno task peer"].map(shortName), ["lekt", "lekt"]);
  await Deno.remove(folder, { recursive: true });
});
