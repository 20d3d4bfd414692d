// What the pages say can be repeated is there to be repeated.
import { assert } from "@std/assert";
import { quoted, readTable } from "../helpers/pages.ts";
import type { RunCertificate } from "./certificates.ts";
import { checkAll } from "./main.ts";
import { Report } from "./report.ts";

/** Pages with a table whose last column is what `deno task test:world` is given. */
const PAGES = ["src/transport/README.md", "src/directory/README.md"];

Deno.test("what the pages give to deno task test:world picks something there", async () => {
  const report = new Report(null);
  await checkAll(report, {} as RunCertificate);
  const names = report.names.map((name) => name.toLowerCase());
  assert(names.length > 20);
  for (const page of PAGES) {
    for (const row of await readTable(page, "thing")) {
      const [argument] = quoted(row.at(-1)!);
      assert(
        names.some((name) => name.includes(argument!.toLowerCase())),
        `${page}: ${argument}`,
      );
    }
  }
});
