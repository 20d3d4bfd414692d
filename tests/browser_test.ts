import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { FILE_SIZE, type Shown } from "./browser/shown.ts";

const DEADLINE_MS = 60_000;

const root = new URL("../", import.meta.url);

/** Where Chromium is, or `undefined` where it is not installed. */
const CHROMIUM = findChromium();

if (CHROMIUM === undefined) {
  console.warn(
    "\n*** SKIPPED: no chromium on the PATH: nothing is tested in a browser (Debian: apt-get install chromium) ***\n",
  );
}

function findChromium(): string | undefined {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
      try {
        if (Deno.statSync(`${folder}/${name}`).isFile) {
          return `${folder}/${name}`;
        }
      } catch {
        // Not there.
      }
    }
  }
}

function start(args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).spawn();
}

/** Starts the example as its first lines say, and tells the address that it prints. */
async function startExample(): Promise<[Deno.ChildProcess, string]> {
  const path = "examples/browser_chat.ts";
  const text = await Deno.readTextFile(new URL(path, root));
  const [command] = /deno run .*browser_chat\.ts/.exec(text)!;
  const example = start(command.split(" ").slice(1));
  let shown = "";
  for await (
    const chunk of example.stdout.pipeThrough(new TextDecoderStream())
      .values({ preventCancel: true })
  ) {
    shown += chunk;
    const url = /http:\S+/.exec(shown)?.[0];
    if (url !== undefined) return [example, url];
  }
  throw new Error(`The example ended: ${shown}`);
}

Deno.test({
  name: "examples/browser_chat.ts talks with its page in Chromium",
  ignore: CHROMIUM === undefined,
  // What the signals of the two processes hold is freed with the test's process.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const [example, url] = await startExample();
    try {
      const program = "tests/browser/browser_process.ts";
      const browser = start(["run", "--quiet", "-A", program, CHROMIUM!, url]);
      const { stdout } = await browser.output();
      const { lines, faults }: Shown = JSON.parse(
        new TextDecoder().decode(stdout),
      );
      assertEquals(faults, []);
      const file = new Uint8Array(FILE_SIZE);
      const pattern = new TextEncoder().encode("lekt");
      for (let index = 0; index < FILE_SIZE; index++) {
        file[index] = pattern[index % pattern.length]!;
      }
      assertEquals(lines, [
        "REJECTED: not with you",
        "Connected with bob",
        `bob: 3 bytes, SHA-256 ${sha256("hé")}`,
        `bob: ${FILE_SIZE} bytes, SHA-256 ${sha256(file)}`,
        "The conversation has ended",
      ]);
    } finally {
      example.kill("SIGKILL");
      await example.status;
    }
  },
});

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
