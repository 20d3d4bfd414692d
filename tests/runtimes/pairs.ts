/**
 * What is tried between two runtimes.
 *
 * @module
 */
import { Child, type Outcome } from "./child.ts";
import { transpile } from "./npm_package.ts";
import type { Program } from "./toolchain.ts";

/** The command in the folder of a project. */
const COMMAND_PATH = "node_modules/@lekt/lekt/bin/lekt.js";

/** A runtime, and the folder in which it finds lekt. */
export interface Side extends Program {
  /** The folder. */
  readonly folder: string;
}

function check(outcome: Outcome, expected: RegExp, who: string): void {
  const { code, stdout, stderr } = outcome;
  if (code === 0 && expected.test(stdout)) return;
  throw new Error(`${who} ended with ${code}:\n${stdout}${stderr}`);
}

/** All methods that sockets give. */
const SCHEMES = ["tcp", "unix", "tls", "ws", "wss"];

/** All scenes on all methods: `a` connects and `b` listens. Returns how many passed. */
export async function tryScenes(
  a: Side,
  b: Side,
  schemes: readonly string[] = SCHEMES,
): Promise<string> {
  const sockets = await Deno.makeTempDir({ prefix: "lekt-" });
  const methods = schemes.map((scheme) =>
    scheme === "unix"
      ? `unix:${sockets}/bob.sock`
      : `${scheme}://127.0.0.1:0${scheme.startsWith("ws") ? "/lekt" : ""}`
  );
  const responder = new Child(b, ["responder.js", ...methods], b.folder);
  try {
    const line = await responder.says(/^(\{.*\})\n/);
    const initiator = new Child(a, ["initiator.js", line], a.folder);
    const outcome = await initiator.ends();
    check(outcome, /^\d+ scenes passed\n$/, a.name);
    // It ends by itself, without a word.
    check(await responder.ends(), /^.*\n$/, b.name);
    return outcome.stdout.trim();
  } finally {
    responder.kill("SIGKILL");
    await Deno.remove(sockets, { recursive: true });
  }
}

/** The server and the client of README.md. */
export async function tryReadme(a: Side, b: Side): Promise<string> {
  const server = new Child(b, [await copyOf("server", b, "0")], b.folder);
  try {
    const port = await server.says(/Listening on tcp:\/\/127\.0\.0\.1:(\d+)\n/);
    const client = new Child(a, [await copyOf("client", a, port)], a.folder);
    check(await client.ends(), /^bob: got hello\n$/, a.name);
    return "README.md's programs";
  } finally {
    server.kill("SIGKILL");
    await server.ends();
  }
}

/** A copy of a program of README.md with another port. */
async function copyOf(
  name: string,
  { folder }: Side,
  port: string,
): Promise<string> {
  const url = new URL(`../../examples/${name}.ts`, import.meta.url);
  const text = (await Deno.readTextFile(url)).replace("15358", port);
  await Deno.writeTextFile(
    `${folder}/${name}.js`,
    transpile(`${name}.ts`, text),
  );
  return `${name}.js`;
}

/** A directory at `b`, and at `a` one who registers, looks up and connects there. */
export async function tryDirectory(a: Side, b: Side): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-directory-" });
  const server = new Child(b, ["directory.js", "serve", folder], b.folder);
  try {
    const url = await server.says(/"url":"([^"]+)"/);
    const client = new Child(a, ["directory.js", "use", url, folder], a.folder);
    check(await client.ends(), /^found\n$/, a.name);
    server.kill();
    check(await server.ends(), /"closed"\}\n$/, b.name);
    return "a directory";
  } finally {
    server.kill("SIGKILL");
    await Deno.remove(folder, { recursive: true });
  }
}

/** Keys of both sides, a proxy, a relay by TLS, a directory by HTTPS: `b` offers them, `a` goes there. */
export async function tryWays(a: Side, b: Side): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-ways-" });
  const server = new Child(b, ["ways.js", "serve", folder], b.folder, {
    input: null,
  });
  try {
    const ways = await server.says(/^(\{.*\})\n/);
    const ca = `${folder}/ca.pem`;
    const client = new Child(a, ["ways.js", "use", ways], a.folder, {
      env: { DENO_CERT: ca, NODE_EXTRA_CA_CERTS: ca },
    });
    check(await client.ends(), /^all ways lead there\n$/, a.name);
    await server.endInput();
    check(await server.ends(), /^.*\n$/, b.name);
    return "the longer ways";
  } finally {
    server.kill("SIGKILL");
    await Deno.remove(folder, { recursive: true });
  }
}

/** The command: `a` says something and sends a file, `b` listens. */
export async function tryCommand(a: Side, b: Side): Promise<string> {
  const saved = await Deno.makeTempDir({ prefix: "lekt-saved-" });
  try {
    await withListener(b, saved, /"event":"message".*"text":"hello"/, [
      a,
      "connect",
      "hello\n",
    ]);
    await withListener(b, saved, /"event":"file","connection":1.*/, [
      a,
      "send",
      "",
      "package.json",
    ]);
    const sent = await Deno.readTextFile(`${a.folder}/package.json`);
    const path = `${saved}/package.json`;
    if (await Deno.readTextFile(path) !== sent) throw new Error("another file");
    return "the command";
  } finally {
    await Deno.remove(saved, { recursive: true });
  }
}

/** The command listens for one conversation, in which somebody else says what `expected` shows. */
async function withListener(
  b: Side,
  saved: string,
  expected: RegExp,
  [a, command, input, ...rest]: [Side, string, string, ...string[]],
): Promise<void> {
  const listen = ["listen", "tcp://127.0.0.1:0", "--accept", "ann", "--once"];
  const listener = new Child(
    b,
    [COMMAND_PATH, ...listen, "--save", saved, "--json"],
    b.folder,
  );
  try {
    const method = await listener.says(/"methods":\["([^"]+)"/);
    const args = [command, method, ...rest, "--nick", "ann"];
    const child = new Child(a, [COMMAND_PATH, ...args], a.folder, {
      input,
    });
    check(await child.ends(), /^/, a.name);
    check(await listener.ends(), expected, b.name);
  } finally {
    listener.kill("SIGKILL");
  }
}
