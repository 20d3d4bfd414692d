import { assert, assertEquals } from "@std/assert";
import { REDIS_PROGRAM } from "./helpers/redis.ts";
import { shownBy } from "./helpers/program_output.ts";
import { listFiles } from "./helpers/source_scan.ts";

const DEADLINE_MS = 60_000;

const root = new URL("../", import.meta.url);

async function readCommand(path: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(path, root));
  const line = text.split("\n").find((line) =>
    /deno (?:run|test) /.test(line) && line.includes(path)
  );
  assert(line, `${path} does not say how it is run: deno run … ${path}`);
  return line.slice(line.indexOf("deno ") + "deno ".length)
    .replaceAll("`", "").trim().split(/\s+/);
}

/** It says so itself where there is no redis-server; here that is counted, too. */
const NEEDS_REDIS = "examples/team_directory.ts";

/** They run until they are stopped, or need one that does; `browser_test.ts`, `service_test.ts` and the last test below run them. */
const RUN_BY_OTHERS = [
  "examples/browser_chat.ts",
  "examples/client.ts",
  "examples/server.ts",
  "examples/service.ts",
];

const paths = (await listFiles(root, "examples/", ".ts"))
  .filter((path) => !RUN_BY_OTHERS.includes(path));
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

const METHOD = "tcp://127.0.0.1:15358";

/** A client that says when the connection is open and a message is under way, and never ends. */
const KILLED_CLIENT = `
  import { connect } from "@lekt/lekt";
  const bob = await connect("${METHOD}", { nickname: "alice" });
  async function* endless() {
    while (true) {
      yield new Uint8Array(100_000);
      console.log("under way");
    }
  }
  await bob.send(endless());
`;

/** Starts a program, with another method in place of the one that it names. */
function start(
  folder: string,
  text: string,
  method: string,
): Deno.ChildProcess {
  const path = `${folder}/${crypto.randomUUID()}.ts`;
  Deno.writeTextFileSync(path, text.replace(METHOD, method));
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--allow-net=127.0.0.1", "--config"],
      ...[new URL("deno.json", root).pathname, path],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).spawn();
}

Deno.test("examples/server.ts answers examples/client.ts, also when clients were killed before", async () => {
  const server = await Deno.readTextFile(new URL("examples/server.ts", root));
  const client = await Deno.readTextFile(new URL("examples/client.ts", root));
  const folder = await Deno.makeTempDir({ prefix: "lekt-examples-" });
  const serving = start(folder, server, "tcp://127.0.0.1:0");
  try {
    const [method] = await shownBy(serving, /tcp:\S+(?=\n)/);
    for (let i = 0; i < 2; i++) {
      const killed = start(folder, KILLED_CLIENT, method);
      await shownBy(killed, /under way/);
      killed.kill("SIGKILL");
      await Promise.all([killed.stdout.cancel(), killed.stderr.cancel()]);
      await killed.status;
      const { stdout, stderr } = await start(folder, client, method).output();
      assertEquals(
        new TextDecoder().decode(stdout),
        "bob: got hello\n",
        new TextDecoder().decode(stderr),
      );
    }
  } finally {
    serving.kill("SIGKILL");
    const errors = await new Response(serving.stderr).text();
    await serving.stdout.cancel();
    await serving.status;
    await Deno.remove(folder, { recursive: true });
    assertEquals(
      errors.split("\n").map((line) => line.replace(/:\d+\): .*/, "")),
      ["alice (127.0.0.1", "alice (127.0.0.1", ""],
    );
  }
});
