// Every page: its links lead somewhere, and its blocks run or are looked at.
import { assert, assertEquals } from "@std/assert";
import { freePort } from "./helpers/free_port.ts";
import {
  type Block,
  listPages,
  readAnchors,
  readPages,
  readProse,
  ROOT,
} from "./helpers/pages.ts";

/** What a block may be. `ts` runs in `code_blocks_test.ts`; what `hex` says is tested beside PROTOCOL.md. */
const LANGUAGES = [
  "apache",
  "caddyfile",
  "dockerfile",
  "haproxy",
  "hex",
  "html",
  "ini",
  "js",
  "json",
  "nginx",
  "sh",
  "text",
  "ts",
];

const DEADLINE_S = 60;

const config = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", ROOT)),
);
const pages = await listPages();
const blocks = await readPages();

function isPublished(path: string): boolean {
  const included: string[] = config.publish.include;
  return included.some((each) => path === each || path.startsWith(`${each}/`));
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(new URL(path, ROOT)).then(() => true, () => false);
}

/** What is wrong with a link, or `undefined`. */
async function linkFault(
  page: string,
  target: string,
): Promise<string | undefined> {
  if (/^https?:/.test(target)) return undefined;
  const [path = "", anchor] = target.split("#");
  const url = new URL(path === "" ? page : path, new URL(page, ROOT));
  const file = path === "" ? page : url.href.slice(ROOT.href.length);
  if (!await exists(file)) return `${page}: ${target} is not there`;
  if (isPublished(page) && !isPublished(file)) {
    return `${page}: ${target} is not in the published package`;
  }
  if (anchor === undefined) return undefined;
  return (await readAnchors(file)).includes(anchor)
    ? undefined
    : `${page}: ${target} has no such heading`;
}

Deno.test("all links of all pages lead somewhere, in the published package too", async () => {
  const faults: (string | undefined)[] = [];
  let linkCount = 0;
  for (const page of pages) {
    const targets = (await readProse(page)).matchAll(/\]\(\s*([^)\s]+)\s*\)/g);
    for (const [, target] of targets) {
      linkCount++;
      faults.push(await linkFault(page, target!));
    }
  }
  assert(linkCount > 30, `${linkCount} links were found`);
  assertEquals(faults.filter((fault) => fault !== undefined), []);
});

Deno.test("all pages can be reached from README.md", async () => {
  const reached = new Set(["README.md"]);
  for (const page of reached) {
    for (
      const [, target] of (await readProse(page)).matchAll(/\]\(([^)#:]+)/g)
    ) {
      const url = new URL(target!, new URL(page, ROOT));
      const path = url.href.slice(ROOT.href.length);
      if (pages.includes(path)) reached.add(path);
    }
  }
  assertEquals(pages.filter((page) => !reached.has(page)), []);
});

Deno.test("all blocks are of a known kind", () => {
  const faults = blocks.filter(({ info: [language = ""] }) =>
    !LANGUAGES.includes(language)
  );
  assertEquals(faults.map(({ place, info }) => `${place}: ${info}`), []);
});

Deno.test("blocks that name a file equal it", async () => {
  const named = blocks.filter(({ info }) => info.at(-1)?.includes("/"));
  assert(named.length > 1);
  for (const { place, info, text } of named) {
    const path = info.at(-1)!;
    const file = await Deno.readTextFile(new URL(path, ROOT));
    const code = file.replace(/^\/\*\*[^]*?\*\/\n/, "").trim();
    assertEquals(text.trim(), code, `${place} is not what ${path} has`);
  }
});

Deno.test("code that does not run with the pages stands in a file", () => {
  const faults = blocks.filter(({ info }) =>
    info[0] === "ts" && info.includes("ignore") && !info.at(-1)!.includes("/")
  );
  assertEquals(faults.map(({ place }) => place), []);
});

/** Commands, without comments, and with lines joined that a backslash divides. */
function commandsOf({ text }: Block): string[] {
  return text.replaceAll("\\\n", " ").split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}

Deno.test("all commands of all pages name tasks, options and files that are there", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "peer", "--help"],
    cwd: ROOT,
  }).output();
  const help = new TextDecoder().decode(stdout);
  const faults: string[] = [];
  for (const block of blocks) {
    if (block.info[0] !== "sh") continue;
    for (const command of commandsOf(block)) {
      const [, task] = /deno[@.\d]* task ([\w:]+)/.exec(command) ?? [];
      if (task !== undefined && !(task in config.tasks)) {
        faults.push(`${block.place}: there is no task ${task}`);
      }
      if (task === "peer") {
        const options = command.match(/(?<=\s)--[a-z-]+/g) ?? [];
        faults.push(
          ...options.filter((option) => !help.includes(`${option} `))
            .map((option) => `${block.place}: there is no ${option}`),
        );
      }
      for (const [path] of command.matchAll(/\b(?:tests|examples)\/[\w./]+/g)) {
        if (!await exists(path)) faults.push(`${block.place}: no ${path}`);
      }
    }
  }
  assertEquals(faults, []);
});

const runnable = blocks.filter(({ info }) =>
  info[0] === "sh" && !info.includes("ignore")
);
for (const { place, text } of runnable) {
  Deno.test(`the commands of ${place} run as they stand`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "lekt-page-" });
    try {
      const port = freePort();
      // A pause on a page is long enough for a person; a test waits for the event.
      const until =
        `until (: > /dev/tcp/127.0.0.1/${port}) 2> /dev/null; do :; done`;
      // In a folder of its own, on a free port, and with the tasks of this project.
      const script = `
        set -e
        deno() {
          [ "$1" = task ] || { command deno "$@"; return; }
          shift
          command deno task --quiet --config "$LEKT_ROOT/deno.json" "$@"
        }
        mkdir photos && echo sea > photos/sea.txt
        ${text.replaceAll("15358", String(port)).replace(/^sleep .*$/gm, until)}
        wait
      `;
      const { success, stdout, stderr } = await new Deno.Command("timeout", {
        args: [String(DEADLINE_S), "bash", "-c", script], // kills what it has started, too
        cwd: folder,
        env: { LEKT_ROOT: ROOT.pathname },
        stdin: "null",
      }).output();
      const decoder = new TextDecoder();
      assert(success, decoder.decode(stdout) + decoder.decode(stderr));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
