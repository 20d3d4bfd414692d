// PROTOCOL.md as a specification: its rules are numbered, and each one is shown.
import { assert, assertEquals } from "@std/assert";
import code from "./vectors/code.json" with { type: "json" };
import control from "./vectors/control.json" with { type: "json" };
import conversation from "./vectors/conversation.json" with { type: "json" };
import framing from "./vectors/framing.json" with { type: "json" };
import handshake from "./vectors/handshake.json" with { type: "json" };
import methods from "./vectors/methods.json" with { type: "json" };
import shown from "./vectors/rules.json" with { type: "json" };
import talk from "./vectors/talk.json" with { type: "json" };
import { ROOT } from "./helpers/pages.ts";
import protocol from "../PROTOCOL.md" with { type: "text" };

const KEYWORD = /\b(?:MUST|SHOULD|MAY)\b/;
const DEFINITION = /^(?:- |\| )\[([A-Z]-\d+)\]/;
const MENTION = /\b[A-Z]-\d+\b/g;

interface Rule {
  id: string;
  text: string;
}

interface CitingVector {
  name: string;
  rules: string[];
  breaks?: string[];
}

interface TestOfRule {
  file: string;
  name: string;
}

/** The rules: items of lists, to the next one or the next empty line, and rows of tables, with the head of their table. */
function readRules(): Rule[] {
  const rules: Rule[] = [];
  let head = "";
  let current: Rule | undefined;
  for (const line of protocol.split("\n")) {
    const id = DEFINITION.exec(line)?.[1];
    if (!line.startsWith("|")) head = "";
    else if (head === "") head = line;
    if (id !== undefined) {
      current = { id, text: `${head} ${line}` };
      rules.push(current);
    } else if (current && line.startsWith("  ")) {
      current.text += ` ${line}`;
    } else {
      current = undefined;
    }
  }
  return rules;
}

const RULES = readRules();
const IDS = new Set(RULES.map(({ id }) => id));
const STREAMS = [...framing.vectors, ...control.vectors];
const VECTORS: CitingVector[] = [
  ...STREAMS,
  ...conversation.vectors,
  ...handshake.vectors,
  ...methods.methods,
  ...methods.faults,
  ...code.proofs,
  ...code.messages,
  ...talk.messages,
  ...talk.names.map((vector) => ({ ...vector, name: vector.given })),
  ...talk.taken,
];
const TESTS = new Map<string, TestOfRule[]>(Object.entries(shown.tests));

function cited(
  vectors: readonly CitingVector[],
  member: "rules" | "breaks",
): Set<string> {
  return new Set(vectors.flatMap((vector) => vector[member] ?? []));
}

Deno.test("PROTOCOL.md gives each rule a number of its own, and a keyword", () => {
  assert(RULES.length > 80, `${RULES.length} rules were found`);
  assertEquals(IDS.size, RULES.length);
  const without = RULES.filter(({ text }) => !KEYWORD.test(text));
  assertEquals(without.map(({ id }) => id), []);
});

Deno.test("PROTOCOL.md has no keyword outside of its rules", () => {
  const [, ...sections] = protocol.split(/^## /m);
  const texts = RULES.map(({ text }) => text).join("\n");
  const faults = sections.join("\n").split("\n").filter((line) =>
    KEYWORD.test(line) && !texts.includes(line)
  );
  // The heads of tables whose rows are rules, and what the rows say of others.
  assertEquals(faults.filter((line) => !line.startsWith("|")), []);
});

Deno.test("PROTOCOL.md, the vectors and the list of tests name only rules that exist", () => {
  const named = [
    ...protocol.match(MENTION) ?? [],
    ...cited(VECTORS, "rules"),
    ...cited(VECTORS, "breaks"),
    ...shown.reactions,
    ...TESTS.keys(),
  ];
  assertEquals([...new Set(named.filter((id) => !IDS.has(id)))], []);
});

Deno.test("each vector cites rules, and one that breaks a rule does not end well", () => {
  const silent = VECTORS.filter(({ rules }) => rules.length === 0);
  assertEquals(silent.map(({ name }) => name), []);
  for (const { name, breaks, end } of STREAMS) {
    assertEquals(breaks === undefined, end === "clean", name);
  }
  for (const { name, breaks, isFault } of conversation.vectors) {
    assertEquals(breaks !== undefined, isFault ?? false, name);
  }
  for (const { name, breaks, outcome } of handshake.vectors) {
    assert(breaks === undefined || outcome.kind === "failed", name);
  }
});

Deno.test("each rule with MUST is kept by one vector and broken by another, or shown in another way", () => {
  const keeping = cited(VECTORS.filter(({ breaks }) => !breaks), "rules");
  const breaking = cited(VECTORS, "breaks");
  const known = cited(VECTORS, "rules");
  const faults = RULES.filter(({ id, text }) =>
    /\bMUST\b/.test(text) && !(keeping.has(id) && breaking.has(id)) &&
    !(shown.reactions.includes(id) && known.has(id)) && !TESTS.has(id)
  );
  assertEquals(faults.map(({ id }) => id), []);
  assertEquals(shown.reactions.filter((id) => !known.has(id)), []);
});

Deno.test("each test that is said to show a rule is there", async () => {
  const sources = new Map<string, string>();
  const faults: string[] = [];
  for (const [id, tests] of TESTS) {
    assert(tests.length > 0, id);
    for (const { file, name } of tests) {
      const source = sources.get(file) ??
        await Deno.readTextFile(new URL(file, ROOT));
      sources.set(file, source);
      const quoted = [`"${name}"`, `\`${name}\``];
      if (quoted.some((text) => source.includes(text))) continue;
      faults.push(`${id}: ${file} has no test "${name}"`);
    }
  }
  assertEquals(faults, []);
});

Deno.test("the grammar of PROTOCOL.md uses no name that nothing defines", () => {
  const appendix = protocol.split("## A. Grammar")[1]!.split("\n## ")[0]!;
  const blocks = [...appendix.matchAll(/```text\n(.*?)```/gs)];
  const grammar = blocks.map(([, block]) => block!).join("\n")
    .replace(/;.*$/gm, "").replace(/"[^"]*"/g, "").replace(/%x[\w.-]+/g, "");
  const defined = [...grammar.matchAll(/^([\w-]+) +=/gm)].map(([, name]) =>
    name!
  );
  assertEquals(new Set(defined).size, defined.length);
  const elsewhere = "OCTET host port path-absolute path-abempty query";
  const known = new Set([...defined, ...elsewhere.split(" ")]);
  const used = grammar.match(/[a-zA-Z][\w-]*/g) ?? [];
  assertEquals(used.filter((name) => !known.has(name)), []);
});
