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
import type { SystemSignal } from "../runtime/process.ts";
import { runtime, runtimeFault } from "../runtime/mod.ts";
import { system, unrefTimer } from "../runtime/system.ts";
import { readConfigText } from "./config_file.ts";
import { readVariable } from "./environment.ts";
import {
  helpText,
  Misuse,
  parseCommandLine,
  type PrintSettings,
  type Settings,
} from "./options.ts";
import { loginName } from "./login_name.ts";
import { Output } from "./output.ts";
import { removePartialFiles } from "./partial_file.ts";
import { Reporter } from "./reporter.ts";
import { NAME, programName, shortName } from "./program_name.ts";
import { EXIT } from "./exit_status.ts";
import { Peer } from "./run.ts";
import { findSaveFolder } from "./save_folder.ts";
import { PlainScreen } from "./plain_screen.ts";
import { type PersonScreen, Screen } from "./screen.ts";
import { removeStaleParts } from "./stale_parts.ts";
import { terminalKind } from "./terminal_kind.ts";
import { configFile } from "./user_folder.ts";

/** The version of this package; a test compares it with `deno.json`. */
const VERSION = "0.1.0";

/** How long an interrupted run may take to end in order, in milliseconds. */
const STOP_MS = 3_000;

/** A signal within so many milliseconds of the first one is the same one, passed on. */
const REPEATED_SIGNAL_MS = 500;

/** How long a run that is cut off may still take, in milliseconds. */
const CUT_OFF_MS = 300;

const SIGNALS: readonly SystemSignal[] = system.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

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
    return await runWith(program, settings, stdout, stderr);
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

async function runWith(
  program: string,
  settings: Settings,
  stdout: Output,
  stderr: Output,
): Promise<number> {
  const { isCapable, isUnicode } = terminalKind(readVariable);
  const isPlain = settings.isPlain || !isCapable;
  const screen = !stderr.isTerminal
    ? undefined
    : isPlain
    ? new PlainScreen()
    : new Screen();
  const { folder, fault } = await findSaveFolder(settings);
  const reporter = new Reporter({
    program,
    folder,
    isJson: settings.isJson,
    isUnicode,
    stdout,
    stderr,
    screen,
  });
  const keyboard = system.stdin.isTerminal() ? screen : undefined;
  if (folder !== undefined) removeStaleParts(folder);
  const peer = new Peer({ settings, reporter, keyboard });
  stdout.broken.then(() => peer.stop("quit"));
  const handleSignal = makeSignalHandler(peer, screen);
  for (const signal of SIGNALS) system.addSignalListener(signal, handleSignal);
  try {
    if (fault === undefined) return await peer.run();
    if (settings.isSaveNamed) {
      reporter.emit({ event: "error", code: "FILE", message: fault });
      return EXIT.failed;
    }
    // Somebody without a home can talk all the same.
    reporter.note(harmless(fault), "error");
    return await peer.run();
  } finally {
    for (const signal of SIGNALS) {
      system.removeSignalListener(signal, handleSignal);
    }
    reporter.close();
    screen?.close();
    removePartialFiles();
  }
}

/**
 * The first signal ends the run in order; a later one, or a run that does not
 * end, breaks its conversations off. A task runner passes on the Ctrl-C that
 * the terminal has sent already: what comes at once is the same one.
 */
function makeSignalHandler(peer: Peer, screen?: PersonScreen): () => void {
  let stoppedAtMs: number | undefined;

  function exit(): never {
    screen?.close();
    removePartialFiles();
    system.exit(peer.interruptedStatus);
  }

  // What is broken off is still told, and a registration taken back, if that is quick.
  function cutOff(): void {
    peer.abort();
    unrefTimer(setTimeout(exit, CUT_OFF_MS));
  }

  return () => {
    if (stoppedAtMs === undefined) {
      stoppedAtMs = performance.now();
      peer.stop("interrupted");
      unrefTimer(setTimeout(cutOff, STOP_MS));
    } else if (performance.now() - stoppedAtMs >= REPEATED_SIGNAL_MS) {
      cutOff();
    }
  };
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
