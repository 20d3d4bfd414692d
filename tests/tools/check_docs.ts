/**
 * Checks the documentation of every entry point: `deno doc --lint` is content,
 * each module and each public symbol and member has a summary, each function
 * and class has an example, and each parameter has a description. A module
 * names the other entry points. PROTOCOL.md is linked wherever it is mentioned.
 * Constructors that users cannot call, because nobody gives them what they
 * take, are not shown.
 *
 * @module
 */
import { runBareTask } from "../helpers/task.ts";

interface JsDoc {
  doc?: string;
  tags?: { kind: string; name?: string; doc?: string }[];
}

interface Parameter {
  name?: string;
  /** What a default is given to. */
  left?: { name?: string };
  tsType?: { typeRef?: { typeName?: string } };
}

interface Documented {
  name?: string;
  jsDoc?: JsDoc;
  accessibility?: string;
  /** Of a constructor. */
  params?: Parameter[];
  /** Of a method. */
  functionDef?: { params: Parameter[] };
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

/** Parameters without a description; where a function has several signatures, each may have its own. */
function undescribed(documented: Documented[], name: string): string[] {
  return documented.flatMap(({ jsDoc, params = [], functionDef }) => {
    const described = (jsDoc?.tags ?? [])
      .filter(({ kind, doc }) => kind === "param" && doc?.trim())
      .map((tag) => tag.name);
    return (functionDef?.params ?? params)
      .map((parameter) => parameter.name ?? parameter.left?.name)
      .filter((parameter) => !described.includes(parameter))
      .map((parameter) => `${name} does not describe \`${parameter}\``);
  });
}

/** Types that the platform declares and `globalThis` does not have. */
const PLATFORM_TYPES = ["ErrorOptions"];

/** Constructors that take what is not public. */
function uncallable(documented: Documented[], publicNames: Set<string>) {
  return documented.flatMap(({ params = [] }) => params)
    .map(({ tsType }) => tsType?.typeRef?.typeName)
    .filter((type) =>
      type !== undefined && !publicNames.has(type) && !(type in globalThis) &&
      !PLATFORM_TYPES.includes(type)
    );
}

/** What is wrong with mentions of PROTOCOL.md in the documentation of one module. */
function checkLinks(path: string, module: ModuleDoc, known: Known): string[] {
  const faults: string[] = [];
  const text = JSON.stringify(module);
  if (/(?<!\[)PROTOCOL\.md(?!\]\(|[#)])/.test(text)) {
    faults.push(`${path}: mentions PROTOCOL.md without a link`);
  }
  for (const [, url, anchor] of text.matchAll(/\]\((http[^)#]+)(#[^)]+)?\)/g)) {
    if (!url!.endsWith("/PROTOCOL.md")) continue;
    if (url !== known.protocolUrl) faults.push(`${path}: links to ${url}`);
    if (anchor !== undefined && !known.anchors.includes(anchor.slice(1))) {
      faults.push(`${path}: PROTOCOL.md has no ${anchor}`);
    }
  }
  return faults;
}

/** What pages and modules are compared with. */
interface Known {
  entryPoints: string[];
  protocolUrl: string;
  anchors: string[];
  publicNames: Set<string>;
}

function checkModule(
  path: string,
  module: ModuleDoc,
  known: Known,
): string[] {
  const faults = checkLinks(path, module, known);
  const doc = module.module_doc?.doc?.trim() ?? "";
  if (!doc) faults.push(`${path}: no module doc`);
  const named = known.entryPoints.filter((name) =>
    new RegExp(`\`${name}\``).test(doc)
  );
  // All but the module itself; `mod.ts` is named where the others are.
  if (named.length < known.entryPoints.length - 1) {
    faults.push(`${path}: names only ${named} of the other entry points`);
  }
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
      const { def } = declaration;
      const own = { ...declaration, params: def?.params as Parameter[] };
      faults.push(...undescribed([own], `${path}: ${name}`));
      for (const [member, documented] of groupMembers(declaration)) {
        if (!hasSummary(documented)) {
          faults.push(`${path}: ${name}.${member} has no summary`);
        }
        faults.push(...undescribed(documented, `${path}: ${name}.${member}`));
        faults.push(
          ...uncallable(documented, known.publicNames).map((type) =>
            `${path}: ${name}.${member} takes a ${type}, which users do not have`
          ),
        );
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
  const config = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  ) as { name: string; version: string; exports: Record<string, string> };
  const paths = Object.values(config.exports)
    .map((path) => new URL(path, root).href);
  await runDoc(["--lint", ...paths]);
  const { nodes } = JSON.parse(await runDoc(["--json", ...paths])) as {
    nodes: Record<string, ModuleDoc>;
  };
  const protocol = await Deno.readTextFile(new URL("PROTOCOL.md", root));
  const known: Known = {
    entryPoints: Object.keys(config.exports)
      .map((name) => `${config.name}${name.slice(1)}`),
    protocolUrl: `https://jsr.io/${config.name}/${config.version}/PROTOCOL.md`,
    anchors: [...protocol.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
      title!.toLowerCase().replace(/[^\w -]/g, "").replaceAll(" ", "-")
    ),
    publicNames: new Set(
      Object.values(nodes).flatMap(({ symbols }) =>
        symbols.map(({ name }) => name)
      ),
    ),
  };
  return Object.entries(nodes).flatMap(([url, module]) =>
    checkModule(url.slice(root.href.length), module, known)
  );
}

async function main(): Promise<number> {
  const faults = await checkDocs(new URL("../../", import.meta.url));
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) return 1;
  console.log("The documentation of all entry points is complete");
  return 0;
}

if (import.meta.main) await runBareTask("deno task doc", main);
