// The code on all pages and in the documentation of symbols: each block is a
// test. `deno test --doc` would give each an isolate of its own, which takes far
// longer than what most blocks do; it checks their types in `deno task check`.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  findDocumented,
  isCode,
  readDocumented,
  runBlock,
} from "./helpers/code_blocks.ts";
import { readPages, ROOT } from "./helpers/pages.ts";
import { listShared } from "./tools/check_types.ts";

const documented = await readDocumented();
const code = [...documented, ...await readPages()].filter(isCode);
for (const block of code) {
  Deno.test(`the code of ${block.place} runs`, () => runBlock(block));
}

Deno.test("the code of pages and of symbols is found", () => {
  const places = code.map(({ place }) => place);
  assert(places.length > 60, `${places.length} blocks`);
  for (const start of ["mod.ts:", "src/peer/main.ts:", "examples/README.md:"]) {
    assert(places.some((place) => place.startsWith(start)), start);
  }
});

Deno.test("blocks in the documentation of symbols are code of TypeScript, or text", () => {
  const faults = documented
    .filter(({ info: [language = ""] }) => !["ts", "text"].includes(language));
  assertEquals(faults.map(({ place, info }) => `${place}: ${info}`), []);
});

const DOCUMENTED = `
const text = "/** \`\`\`ts */";
/* \`\`\`ts
 * no();
 * \`\`\` */
class Some {
  /**
   * Does it.
   *
   * \`\`\`ts
   * if (yes) {
   *   it();
   * }
   * \`\`\`
   *
   * \`\`\`ts ignore
   * more();
   * \`\`\`
   */
  it() {}
}
`;

Deno.test("the blocks of comments that document are found, with their lines", () => {
  assertEquals(findDocumented("some.ts", DOCUMENTED), [
    { place: "some.ts:10", info: ["ts"], text: "if (yes) {\n  it();\n}" },
    { place: "some.ts:16", info: ["ts", "ignore"], text: "more();" },
  ]);
});

Deno.test("a block that fails names its page and line", async () => {
  const block = { place: "src/some.md:7", info: ["ts"] };
  const text = `import { ROOT } from "../tests/helpers/pages.ts";
    await using _ = { [Symbol.asyncDispose]: () => Promise.reject(ROOT) };
    throw new Error("no");`;
  const error = await assertRejects(
    () => runBlock({ ...block, text: text.replace(/^.*using.*$/m, "") }),
    Error,
    "no",
  );
  assert(error.stack!.includes("src_some.md.ts:10:"), error.stack);
  const disposing = text.replace(/^.*throw.*$/m, "");
  const reason = await runBlock({ ...block, text: disposing })
    .catch((reason) => reason);
  assert(reason instanceof URL);
});

Deno.test("deno task check looks at the types of the code", async () => {
  const config = await Deno.readTextFile(new URL("deno.json", ROOT));
  assertMatch(JSON.parse(config).tasks.check, /tests\/tools\/check_types\.ts$/);
  const checked = await listShared(ROOT);
  const missed = code.map(({ place }) => place.replace(/:\d+$/, ""))
    .filter((page) =>
      !checked.some((path) => page === path || page.startsWith(`${path}/`))
    );
  assertEquals(missed, []);
});
