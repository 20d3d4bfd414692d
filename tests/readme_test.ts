// README.md: short enough to be read, and true of Node too.
import { assert, assertEquals } from "@std/assert";
import { readBlocks, readPage, ROOT } from "./helpers/pages.ts";

const LINES_MAX = 250;

async function run(command: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd: ROOT,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

function hasNode(): boolean {
  try {
    return new Deno.Command("node", { args: ["--version"] }).outputSync()
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("README.md is short", async () => {
  const lineCount = (await readPage("README.md")).trimEnd().split("\n").length;
  assert(lineCount <= LINES_MAX, `${lineCount} lines`);
});

const NODE_PROGRAM = `
  import { Packetizer, Reassembler } from "./framing.js";
  import { Handshake } from "./handshake.js";
  const packetizer = new Packetizer();
  const reassembler = new Reassembler();
  for (const bytes of packetizer.packetize(new Uint8Array(3))) {
    for (const { payload } of reassembler.push(bytes)) {
      console.log(payload.length);
    }
  }
  const options = { role: "initiator", nickname: "alice", nowMs: 0 };
  console.log(new Handshake(options).state);
`;

Deno.test({
  name: "./framing and ./handshake run in Node, bundled, as README.md says",
  ignore: !hasNode(),
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "lekt-readme-" });
    try {
      for (const name of ["framing", "handshake"]) {
        await run(Deno.execPath(), [
          "bundle",
          "--platform=browser",
          `--output=${folder}/${name}.js`,
          `src/${name}/mod.ts`,
        ]);
      }
      await Deno.writeTextFile(`${folder}/package.json`, '{"type":"module"}');
      await Deno.writeTextFile(`${folder}/main.js`, NODE_PROGRAM);
      assertEquals(
        await run("node", [`${folder}/main.js`]),
        "3\nawaitingAnswer\n",
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("a project with the lines of README.md finds the module in a clone, without JSR", async () => {
  const blocks = await readBlocks("README.md");
  const [config] = blocks.filter(({ info }) => info[0] === "json");
  const folder = await Deno.makeTempDir({ prefix: "lekt-readme-" });
  try {
    const clone = ROOT.pathname.replace(/\/$/, "");
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      config!.text.replaceAll("../lekt", clone),
    );
    // So that no versions are looked for.
    await Deno.copyFile(new URL("deno.lock", ROOT), `${folder}/deno.lock`);
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `import { connect, listen } from "@lekt/lekt";
       import { makeCertificate } from "@lekt/lekt/certificate";
       import { startDirectory } from "@lekt/lekt/directory";
       console.log([connect, listen, makeCertificate, startDirectory].length);`,
    );
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      { args: ["run", "-A", "main.ts"], cwd: folder, stdin: "null" },
    ).output();
    const decoder = new TextDecoder();
    assert(success, decoder.decode(stderr));
    assertEquals(decoder.decode(stdout), "4\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
