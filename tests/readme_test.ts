// README.md: short enough to be read, and true of Node too.
import { assert, assertEquals } from "@std/assert";
import { readPage, ROOT } from "./helpers/pages.ts";

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
