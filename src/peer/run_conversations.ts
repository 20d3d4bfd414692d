/**
 * The command as far as it talks to others: the screen, the conversations, and
 * the signals that end them.
 *
 * @module
 */
import { harmless } from "../base/text.ts";
import { keepIgnoringHangup } from "../runtime/hangup.ts";
import type { SystemSignal } from "../runtime/process.ts";
import { system, unrefTimer } from "../runtime/system.ts";
import { readVariable } from "./environment.ts";
import { EXIT } from "./exit_status.ts";
import type { Settings } from "./options.ts";
import type { Output } from "./output.ts";
import { removePartialFiles } from "./partial_file.ts";
import { PlainScreen } from "./plain_screen.ts";
import { Reporter } from "./reporter.ts";
import { Peer } from "./run.ts";
import { findSaveFolder } from "./save_folder.ts";
import { type PersonScreen, Screen } from "./screen.ts";
import { removeStaleParts } from "./stale_parts.ts";
import { terminalKind } from "./terminal_kind.ts";

/** How long an interrupted run may take to end in order, in milliseconds. */
const STOP_MS = 3_000;

/** A signal within so many milliseconds of the first one is the same one, passed on. */
const REPEATED_SIGNAL_MS = 500;

/** How long a run that is cut off may still take, in milliseconds. */
const CUT_OFF_MS = 300;

/** Runs until its conversations are over, or it is told to stop; returns the exit status. */
export async function runConversations(
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
  const signals = endingSignals();
  for (const signal of signals) system.addSignalListener(signal, handleSignal);
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
    for (const signal of signals) {
      system.removeSignalListener(signal, handleSignal);
    }
    reporter.close();
    screen?.close();
    removePartialFiles();
  }
}

function endingSignals(): readonly SystemSignal[] {
  if (system.build.os === "windows") return ["SIGINT", "SIGBREAK"];
  return keepIgnoringHangup()
    ? ["SIGINT", "SIGTERM"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
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
