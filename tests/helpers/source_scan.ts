/**
 * Reads what the architecture test judges out of a source file: with the parser
 * of `deno lint`, which is at hand in tests only.
 *
 * @module
 */

/** Folders that may lie in the project's folder but are no part of it. */
export const IGNORED_FOLDERS: readonly string[] = [
  ".git",
  ".cache",
  "coverage",
  "node_modules",
];

/** A function and how long it is. */
export interface ScannedFunction {
  /** The line it begins in, from 1. */
  line: number;
  /** Lines from its first to its last one. */
  lineCount: number;
}

/** A class and how much it keeps. */
export interface ScannedClass {
  /** The line it begins in, from 1. */
  line: number;
  /** Fields whose names begin with `#`. */
  privateFieldCount: number;
}

/** What a source file consists of. */
export interface SourceScan {
  /** Specifiers of all imports and re-exports, those of types included. */
  imports: string[];
  /** Names that it uses, without those behind a dot; and pairs of names, such as `Math.random`. */
  names: Set<string>;
  /** Its functions and methods, nested ones included. */
  functions: ScannedFunction[];
  /** Its classes, with how many private fields each has. */
  classes: ScannedClass[];
  /** Whether anything in it awaits or is declared `async`. */
  isAsync: boolean;
  /** Lines with an arrow function at the top level. */
  topLevelArrows: number[];
  /** Whether it has a default export. */
  hasDefaultExport: boolean;
}

type FunctionNode =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;

/** Lists the files under `folder` of the project at `root` whose names end with `ending`, as paths from `root`. */
export async function listFiles(
  root: URL,
  folder: string,
  ending: string,
): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder || ".", root))) {
    if (folder === "" && IGNORED_FOLDERS.includes(entry.name)) continue;
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) {
      paths.push(...await listFiles(root, `${path}/`, ending));
    } else if (path.endsWith(ending)) paths.push(path);
  }
  return paths.sort();
}

/** Parses `text`, the content of the file `path`. */
export function scanSource(path: string, text: string): SourceScan {
  const scan: SourceScan = {
    imports: [],
    names: new Set(),
    functions: [],
    classes: [],
    isAsync: false,
    topLevelArrows: [],
    hasDefaultExport: false,
  };
  const lineOf = (offset: number): number => lineAt(text, offset);
  const visitor = {
    ...visitImports(scan),
    ...visitNames(scan),
    ...visitShapes(scan, lineOf),
  };
  Deno.lint.runPlugin(
    { name: "scan", rules: { scan: { create: () => visitor } } },
    path,
    text,
  );
  return scan;
}

/** The comments between slashes and stars of `text`, the content of the file `path`: what stands in each, and the line it begins in, from 1. */
export function scanComments(
  path: string,
  text: string,
): [line: number, comment: string][] {
  const comments: [number, string][] = [];
  function create(
    { sourceCode }: Deno.lint.RuleContext,
  ): Deno.lint.LintVisitor {
    for (const { type, range, value } of sourceCode.getAllComments()) {
      if (type === "Block") comments.push([lineAt(text, range[0]), value]);
    }
    return {};
  }
  Deno.lint.runPlugin(
    { name: "scan", rules: { scan: { create } } },
    path,
    text,
  );
  return comments;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function visitImports(scan: SourceScan): Deno.lint.LintVisitor {
  return {
    ImportDeclaration: (node) => void scan.imports.push(node.source.value),
    ExportAllDeclaration: (node) => void scan.imports.push(node.source.value),
    ExportNamedDeclaration(node) {
      if (node.source) scan.imports.push(node.source.value);
    },
    ImportExpression(node) {
      if (node.source.type === "Literal") {
        scan.imports.push(String(node.source.value));
      }
    },
    ExportDefaultDeclaration: () => void (scan.hasDefaultExport = true),
  };
}

function visitNames(scan: SourceScan): Deno.lint.LintVisitor {
  return {
    Identifier(node) {
      const { parent } = node;
      const isMember = parent.type === "MemberExpression" &&
        parent.property === node && !parent.computed;
      if (!isMember) scan.names.add(node.name);
    },
    MemberExpression({ object, property, computed }) {
      if (computed) return;
      if (object.type === "Identifier" && property.type === "Identifier") {
        scan.names.add(`${object.name}.${property.name}`);
      }
    },
    AwaitExpression: () => void (scan.isAsync = true),
    ForOfStatement(node) {
      if (node.await) scan.isAsync = true;
    },
  };
}

/** The sizes of functions and classes, and where functions stand. */
function visitShapes(
  scan: SourceScan,
  lineOf: (offset: number) => number,
): Deno.lint.LintVisitor {
  function addFunction(node: FunctionNode): void {
    const line = lineOf(node.range[0]);
    const lineCount = lineOf(node.range[1]) - line + 1;
    scan.functions.push({ line, lineCount });
    if (node.async) scan.isAsync = true;
  }
  function addTopLevelArrow(node: Deno.lint.ArrowFunctionExpression): void {
    scan.topLevelArrows.push(lineOf(node.range[0]));
  }
  return {
    ClassBody(node) {
      const privateFieldCount =
        node.body.filter((member) =>
          member.type === "PropertyDefinition" &&
          member.key.type === "PrivateIdentifier"
        ).length;
      scan.classes.push({ line: lineOf(node.range[0]), privateFieldCount });
    },
    FunctionDeclaration: addFunction,
    FunctionExpression: addFunction,
    ArrowFunctionExpression: addFunction,
    "Program > VariableDeclaration > VariableDeclarator > ArrowFunctionExpression":
      addTopLevelArrow,
    "Program > ExportNamedDeclaration > VariableDeclaration > VariableDeclarator > ArrowFunctionExpression":
      addTopLevelArrow,
  };
}
