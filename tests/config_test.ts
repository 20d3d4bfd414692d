import { assertEquals, assertMatch } from "@std/assert";

const root = new URL("../", import.meta.url);

async function readConfig(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(new URL(name, root)));
}

Deno.test("deno.jsr.json equals deno.json but for the links", async () => {
  const { links: _, ...config } = await readConfig("deno.json");
  assertEquals(await readConfig("deno.jsr.json"), config);
});

Deno.test("deno.json names exact versions of all npm packages", async () => {
  const { imports } = await readConfig("deno.json");
  for (const specifier of Object.values(imports as Record<string, string>)) {
    assertMatch(
      specifier,
      /^npm:(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+$|^jsr:@std\/\w+@\^\d+\.\d+\.\d+$/,
    );
  }
});

Deno.test("deno.json has the version of the newest entry of CHANGELOG.md", async () => {
  const { version } = await readConfig("deno.json");
  const changelog = await Deno.readTextFile(new URL("CHANGELOG.md", root));
  assertEquals(/^## \[(\d+\.\d+\.\d+)\]/m.exec(changelog)?.[1], version);
});
