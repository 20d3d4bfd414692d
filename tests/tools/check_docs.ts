/**
 * Checks the documentation of every entry point: `deno doc --lint` is content,
 * each module and each public symbol and member has a summary, and each
 * function and class has an example.
 *
 * @module
 */

interface JsDoc {
  doc?: string;
  tags?: { kind: string }[];
}

interface Documented {
  name?: string;
  jsDoc?: JsDoc;
  accessibility?: string;
}

interface Declaration extends Documented {
  kind: string;
  declarationKind: string;
  def?: Record<string, unknown>;
}

interface ModuleDoc {
  module_doc?: JsDoc;
  symbols: { name: string; declarations: Declaration[] }[];
}

const MEMBER_LISTS = ["constructors", "properties", "methods"];
const KINDS_WITH_EXAMPLE = ["function", "class"];

function hasSummary(documented: Documented[]): boolean {
  return documented.some(({ jsDoc }) => jsDoc?.doc?.trim());
}

function hasExample(documented: Documented[]): boolean {
  return documented.some(({ jsDoc }) =>
    jsDoc?.tags?.some(({ kind }) => kind === "example")
  );
}

function groupMembers(declaration: Declaration): Map<string, Documented[]> {
  const groups = new Map<string, Documented[]>();
  for (const list of MEMBER_LISTS) {
    const members = (declaration.def?.[list] ?? []) as Documented[];
    for (const member of members) {
      if (member.accessibility === "private") continue;
      const name = member.name ?? list;
      groups.set(name, [...groups.get(name) ?? [], member]);
    }
  }
  return groups;
}

function checkModule(path: string, module: ModuleDoc): string[] {
  const faults: string[] = [];
  if (!module.module_doc?.doc?.trim()) faults.push(`${path}: no module doc`);
  for (const { name, declarations } of module.symbols) {
    // What two entry points export is a reference in all but one of them.
    const shown = declarations.filter(({ declarationKind, kind }) =>
      declarationKind === "export" && kind !== "reference"
    );
    if (shown.length === 0) continue;
    if (!hasSummary(shown)) faults.push(`${path}: ${name} has no summary`);
    const needsExample = shown.some(({ kind }) =>
      KINDS_WITH_EXAMPLE.includes(kind)
    );
    if (needsExample && !hasExample(shown)) {
      faults.push(`${path}: ${name} has no @example`);
    }
    for (const declaration of shown) {
      for (const [member, documented] of groupMembers(declaration)) {
        if (!hasSummary(documented)) {
          faults.push(`${path}: ${name}.${member} has no summary`);
        }
      }
    }
  }
  return faults;
}

async function runDoc(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", ...args],
    env: { NO_COLOR: "1" },
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Documents the entry points of the project at `root` and gives what is missing, one line each. */
export async function checkDocs(root: URL): Promise<string[]> {
  const config = await Deno.readTextFile(new URL("deno.json", root));
  const paths = Object.values<string>(JSON.parse(config).exports)
    .map((path) => new URL(path, root).href);
  await runDoc(["--lint", ...paths]);
  const { nodes } = JSON.parse(await runDoc(["--json", ...paths]));
  return Object.entries<ModuleDoc>(nodes).flatMap(([url, module]) =>
    checkModule(url.slice(root.href.length), module)
  );
}

if (import.meta.main) {
  const faults = await checkDocs(new URL("../../", import.meta.url));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) Deno.exit(1);
  console.log("The documentation of all entry points is complete");
}
