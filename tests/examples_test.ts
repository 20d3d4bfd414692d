import { assert, assertEquals } from "@std/assert";
import { REDIS_PROGRAM } from "./helpers/redis.ts";
import { listFiles } from "./helpers/source_scan.ts";

const DEADLINE_MS = 60_000;

const root = new URL("../", import.meta.url);

async function readCommand(path: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(path, root));
  const line = text.split("\n").find((line) =>
    line.includes("deno run ") && line.includes(path)
  );
  assert(line, `${path} does not say how it is run: deno run … ${path}`);
  return line.slice(line.indexOf("deno run ") + "deno ".length)
    .replaceAll("`", "").trim().split(/\s+/);
}

/** It says so itself where there is no redis-server; here that is counted, too. */
const NEEDS_REDIS = "examples/team_directory.ts";

/** It serves until it is stopped: `browser_test.ts` opens its page. */
const SERVING = "examples/browser_chat.ts";

const paths = (await listFiles(root, "examples/", ".ts"))
  .filter((path) => path !== SERVING);
assert(paths.length > 0);
for (const path of paths) {
  Deno.test({
    name: `${path} runs as it says`,
    ignore: path === NEEDS_REDIS && REDIS_PROGRAM !== "redis-server",
    async fn() {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: await readCommand(path),
        cwd: root,
        stdin: "null",
        signal: AbortSignal.timeout(DEADLINE_MS),
      }).output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
    },
  });
}
