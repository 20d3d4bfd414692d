/**
 * An empty project in which the tarball is installed, as a user would.
 *
 * @module
 */
import ts from "typescript";
import { transpile } from "./npm_package.ts";
import { pack } from "./pack.ts";
import { npm } from "./toolchain.ts";

/** What people write who use all of the package. */
const USE = `
import { connect, Connection, DEFAULT_LIMITS, LektError, listen, type Listener, type Message } from "@lekt/lekt";
import { makeCertificate } from "@lekt/lekt/certificate";
import { createIdentity, DirectoryClient, openStore, startDirectory } from "@lekt/lekt/directory";
import { Packetizer, Reassembler } from "@lekt/lekt/framing";
import { Handshake } from "@lekt/lekt/handshake";
import { runPeer } from "@lekt/lekt/peer";

export async function talk(): Promise<string | undefined> {
  const { cert, key, spki } = await makeCertificate();
  const listener: Listener = await listen({
    nickname: "bob",
    methods: ["tls://127.0.0.1:0"],
    tls: { cert, key },
    accept: (remote) => remote.nickname === "alice" || "no",
  });
  listener.serve(async (connection: Connection) => {
    for await (const message of connection) await connection.send(message.body);
  });
  const alice = await connect(listener.methods, { nickname: "alice", tls: { pinnedKey: spki } });
  await alice.send(new Blob(["hello"]), { confirm: true });
  const message: Message | null = await alice.receive();
  const text = await message?.text();
  await alice.close();
  await listener.shutdown();
  return text;
}
export const all = [DEFAULT_LIMITS, LektError, createIdentity, DirectoryClient, openStore, startDirectory, Packetizer, Reassembler, Handshake, runPeer];
const fault: unknown = await talk().catch((error: unknown) => error);
if (fault instanceof LektError) console.error(fault.code);
`;

/** The files of the scenes. */
const SCENE_FILES = [
  "directory.ts",
  "initiator.ts",
  "responder.ts",
  "shared.ts",
  "ways.ts",
];

/** Where lekt can be used. */
export interface Projects {
  /** A folder into which npm has installed the tarball. */
  readonly npm: string;
  /** A folder with nothing of lekt, for Deno with the project's own sources. */
  readonly deno: string;
}

/** The project's package of which only programs are run. */
export const UNTYPED = Symbol("untyped");

/** What npm says where its registry cannot be reached. */
const OFFLINE =
  /\b(?:ENOTFOUND|EAI_AGAIN|ECONN\w+|E?TIMEDOUT|ENETUNREACH|E[45]\d\d|ERR_SOCKET_TIMEOUT|ERR_SSL\w*)\b|npm is not installed/;

/** npm's registry cannot be reached: nothing is known of the package. */
export class NotReachable extends Error {}

/** Makes the projects, and runs `work`; without a tarball one is made. */
export async function withProjects<T>(
  tarball: string | typeof UNTYPED | undefined,
  work: (projects: Projects) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-runtimes-" });
  try {
    const isGiven = typeof tarball === "string";
    const path = isGiven ? tarball : `${folder}/lekt.tgz`;
    if (!isGiven) await pack("deno.json", path, tarball !== UNTYPED);
    const projects = { npm: `${folder}/npm`, deno: `${folder}/deno` };
    for (const each of Object.values(projects)) {
      await Deno.mkdir(each);
      for (const name of SCENE_FILES) {
        const text = await Deno.readTextFile(
          new URL(`scenes/${name}`, import.meta.url),
        );
        await writeProgram(each, name, text);
      }
    }
    await Deno.writeTextFile(
      `${projects.npm}/package.json`,
      '{ "private": true, "type": "module" }',
    );
    const types = tarball === UNTYPED ? [] : ["@types/node@22"];
    const fault = await npm(projects.npm, [
      ...["install", "--prefer-offline", path],
      ...types,
    ]);
    if (fault !== undefined) {
      const message = `Cannot install it: ${fault}`;
      throw OFFLINE.test(fault)
        ? new NotReachable(message)
        : new Error(message);
    }
    return await work(projects);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Puts a program into the project as JavaScript. */
export async function writeProgram(
  folder: string,
  name: string,
  text: string,
): Promise<void> {
  await Deno.writeTextFile(
    `${folder}/${name.replace(/ts$/, "js")}`,
    transpile(name, text).replace(/(from "\.\/\w+)\.ts"/g, '$1.js"'),
  );
}

/** What the compiler says against a program that uses all entry points, with the library of a language that Node has had for long; all declarations are looked at. */
export async function typeFaults(folder: string): Promise<string[]> {
  const path = `${folder}/use.ts`;
  await Deno.writeTextFile(path, USE);
  const program = ts.createProgram([path], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ["node"],
    typeRoots: [`${folder}/node_modules/@types`],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  });
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const place = diagnostic.file
      ? `${diagnostic.file.fileName}:${
        diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start ?? 0)
          .line + 1
      }: `
      : "";
    return place +
      ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
  });
}
