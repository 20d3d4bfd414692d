/**
 * The command `peer`, with which two people, or two scripts, talk and send
 * files: `deno task peer` in a clone. A program calls {@linkcode runPeer}.
 *
 * To talk from a program of your own, use `connect` and `listen` of `@lekt/lekt`.
 * Further entry points: `@lekt/lekt/browser`, `@lekt/lekt/browser/relay`, `@lekt/lekt/certificate`, `@lekt/lekt/diagnostics`, `@lekt/lekt/directory`,
 * `@lekt/lekt/framing`, `@lekt/lekt/handshake`, `@lekt/lekt/relay` and `@lekt/lekt/telemetry`.
 *
 * This room imports `mod.ts`, `src/directory` and `src/relay` as any user could, and
 * `src/talk`, `src/transport`, `src/runtime` and `src/base`. Arguments, the terminal and files
 * come in here; text, JSON lines and files go out.
 *
 * @module
 */
import { fileReason } from "../base/reasons.ts";
import { harmless } from "../base/text.ts";
import { isSystemError } from "../runtime/errors.ts";
import { runtime, runtimeFault } from "../runtime/mod.ts";
import { system } from "../runtime/system.ts";
import { readConfigText } from "./config_file.ts";
import { readVariable } from "./environment.ts";
import {
  helpText,
  Misuse,
  parseCommandLine,
  type PrintSettings,
} from "./options.ts";
import { loginName } from "./login_name.ts";
import { Output } from "./output.ts";
import { NAME, programName, shortName } from "./program_name.ts";
import { EXIT } from "./exit_status.ts";
import { configFile } from "./user_folder.ts";

/** The version of this package; a test compares it with `deno.json`. */
const VERSION = "0.1.0";

/**
 * Runs the command. It reads standard input, writes standard output and
 * standard error, and listens for signals, as the only program of its process.
 *
 * @example Ask for the version
 * ```ts
 * import { runPeer } from "@lekt/lekt/peer";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await runPeer(["--version"]), 0);
 * ```
 *
 * @param args The arguments, without the name of the program.
 * @return The exit status: 0 all went well, 1 failed, 2 misuse, 3 rejected, 130 interrupted.
 */
export async function runPeer(args: readonly string[]): Promise<number> {
  return await runAs(NAME, args);
}

/** Runs the command, which was called as `program`. */
async function runAs(
  program: string,
  args: readonly string[],
): Promise<number> {
  const stdout = new Output(system.stdout);
  const stderr = new Output(system.stderr);
  const status = await runOn(program, args, stdout, stderr);
  const { fault } = stdout;
  // Whoever reads no further has seen enough; what could not be written is lost.
  if (fault === undefined || isSystemError(fault, "BrokenPipe")) {
    return status;
  }
  stderr.write(
    `error FILE: Cannot write to standard output: ${fileReason(fault)}\n`,
  );
  await stderr.flush();
  return EXIT.failed;
}

async function runOn(
  program: string,
  args: readonly string[],
  stdout: Output,
  stderr: Output,
): Promise<number> {
  try {
    checkRuntime();
    const isTerminal = system.stdin.isTerminal() && stderr.isTerminal;
    const settings = parseCommandLine(args, {
      isTerminal,
      loginName,
      variable: readVariable,
      isFile: isThere,
      readConfig: (path) =>
        readConfigText(path ?? configFile(), path !== undefined),
    });
    if (settings === "help" || settings === "version") {
      stdout.write(
        `${settings === "help" ? helpText(program) : versionText()}\n`,
      );
      return EXIT.ok;
    }
    if (settings.command === "completion" || settings.command === "man") {
      stdout.write(await printed(settings, shortName(program)));
      return EXIT.ok;
    }
    if (settings.command === "directory") {
      const { runDirectoryServer } = await import("./directory_server.ts");
      const { isJson } = settings;
      return await runDirectoryServer(settings, { isJson, stdout, stderr });
    }
    if (settings.command === "relay") {
      const { runRelayServer } = await import("./relay_server.ts");
      const { isJson } = settings;
      return await runRelayServer(settings, { isJson, stdout, stderr });
    }
    // Loaded behind the command line: help and misuse need a fifth of the modules.
    const { runConversations } = await import("./run_conversations.ts");
    return await runConversations(program, settings, stdout, stderr);
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    const { message } = error;
    const end = message.endsWith("?") ? "" : ".";
    stderr.write(`${message}${end} Help: ${program} --help\n`);
    return EXIT.misuse;
  } finally {
    await stderr.flush();
    await stdout.flush();
  }
}

/** What a command prints that says something about this one. */
async function printed(
  settings: PrintSettings,
  name: string,
): Promise<string> {
  if (settings.command === "man") {
    const { manPage } = await import("./man_page.ts");
    return manPage(name, VERSION);
  }
  const { completionScript } = await import("./completion.ts");
  return completionScript(settings.shell, name);
}

function isThere(path: string): boolean {
  try {
    system.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function versionText(): string {
  const { name, version } = runtime();
  return `lekt ${VERSION}, ${name} ${version}`;
}

function checkRuntime(): void {
  const fault = runtimeFault(runtime());
  if (fault !== undefined) throw new Misuse(fault);
}

if (import.meta.main) {
  // A task runs in its project's folder; paths are meant from where the person is.
  const folder = system.env.get("INIT_CWD");
  const program = programName(
    import.meta.url,
    Boolean(folder),
    readVariable,
  );
  try {
    if (folder) system.chdir(folder);
  } catch (error) {
    console.error(
      `error FILE: Cannot work in the folder ${harmless(folder!)}: ${
        fileReason(error)
      }`,
    );
    system.exit(EXIT.failed);
  }
  system.exit(await runAs(program, system.args));
}
