import { assertEquals, assertMatch } from "@std/assert";

const root = new URL("../", import.meta.url);

interface Config {
  imports: Record<string, string>;
  compilerOptions: unknown;
  lint: { rules: unknown };
  links?: string[];
  version?: string;
}

async function readConfig(name: string): Promise<Config> {
  return JSON.parse(await Deno.readTextFile(new URL(name, root)));
}

Deno.test("deno.jsr.json equals deno.json but for the links", async () => {
  const { links: _, ...config } = await readConfig("deno.json");
  assertEquals(await readConfig("deno.jsr.json"), config);
});

/** What users install, as a range: they get mends of these packages without waiting for ours. */
const INSTALLED = [
  "@noble/curves",
  "@opentelemetry/api",
  "@redis/client",
  "@std/assert",
  "@std/bytes",
  "@std/cli",
  "@types/ws",
  "hono",
  "multicast-dns",
  "rate-limiter-flexible",
  "selfsigned",
  "uqr",
  "ws",
];

/** Configurations of tasks that need more than users do, so that nobody else downloads it. */
const APART = [
  "tests/bench/peers/deno.json",
  "tests/browser/deno.json",
  "tests/build/deno.json",
  "tests/runtimes/deno.json",
];

Deno.test("deno.json names ranges of what users install, and exact versions of the rest", async () => {
  const { imports } = await readConfig("deno.json");
  for (const [name, specifier] of Object.entries(imports)) {
    assertMatch(
      specifier,
      INSTALLED.includes(name)
        ? /^(npm|jsr):(@[\w.-]+\/)?[\w.-]+@\^\d+\.\d+\.\d+$/
        : /^npm:(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+$/,
    );
  }
});

Deno.test("configurations apart name the same packages as deno.json, and exact versions of their own", async () => {
  const { imports, compilerOptions, lint } = await readConfig("deno.json");
  for (const path of APART) {
    const config = await readConfig(path);
    assertEquals(config.compilerOptions, compilerOptions, path);
    assertEquals(config.lint.rules, lint.rules, path);
    for (const [name, specifier] of Object.entries(config.imports)) {
      if (imports[name] !== undefined) {
        assertEquals(specifier, imports[name], `${path}: ${name}`);
      } else {
        assertMatch(
          specifier,
          /^npm:(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+$/,
          `${path}: ${name}`,
        );
      }
    }
  }
});

Deno.test("mod.ts needs one package, for WebSocket", async () => {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "mod.ts"],
    cwd: root,
  }).output();
  assertEquals(success, true);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: { kind: string; specifier: string }[];
  };
  const needed = modules.map(({ specifier }) => specifier)
    .map((specifier) => /^npm:\/?(.+)@[^@]+$/.exec(specifier)?.[1])
    .filter((name) => name !== undefined && !name.startsWith("@types/"));
  assertEquals([...new Set(needed)], ["ws"]);
});

Deno.test("deno.json has the version of the newest entry of CHANGELOG.md", async () => {
  const { version } = await readConfig("deno.json");
  const changelog = await Deno.readTextFile(new URL("CHANGELOG.md", root));
  assertEquals(/^## \[(\d+\.\d+\.\d+)\]/m.exec(changelog)?.[1], version);
});
