/**
 * Tries what `deno publish` would do, on machines that cannot reach JSR: in a
 * copy in which the stand-ins of JSR's packages are outside of the package, as
 * they are no part of it.
 *
 * @module
 */
import { cp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { runBareTask } from "../helpers/task.ts";

const CONFIG_PATH = "deno.json";

async function copyPackage(root: URL, copy: string): Promise<void> {
  const config = JSON.parse(
    await Deno.readTextFile(new URL(CONFIG_PATH, root)),
  ) as { links: string[]; publish: { include: string[] } };
  for (const path of config.publish.include) {
    await cp(fileURLToPath(new URL(path, root)), `${copy}/package/${path}`, {
      recursive: true,
    });
  }
  config.links = await Promise.all(config.links.map(async (path) => {
    const name = path.split("/").at(-1)!;
    await cp(fileURLToPath(new URL(path, root)), `${copy}/${name}`, {
      recursive: true,
    });
    return `../${name}`;
  }));
  await Deno.writeTextFile(
    `${copy}/package/${CONFIG_PATH}`,
    JSON.stringify(config),
  );
}

async function main(): Promise<number> {
  const root = new URL("../../", import.meta.url);
  const copy = await Deno.makeTempDir({ prefix: "lekt-publish-" });
  try {
    await copyPackage(root, copy);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["publish", "--dry-run", "--allow-dirty", "--no-lock"],
      cwd: `${copy}/package`,
    });
    return (await child.spawn().status).code;
  } finally {
    await rm(copy, { recursive: true });
  }
}

if (import.meta.main) await runBareTask("deno task publish:dry", main);
