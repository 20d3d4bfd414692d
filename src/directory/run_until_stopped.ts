/**
 * Servers that run until somebody ends them.
 *
 * @module
 */
import { keepIgnoringHangup } from "../runtime/hangup.ts";
import type { SystemSignal } from "../runtime/process.ts";
import { system } from "../runtime/system.ts";

/** What runs. */
export interface RunningServer {
  /** Ends it. */
  close(): Promise<void>;
  /** Resolves when it has ended. */
  readonly finished: Promise<void>;
}

/** Starts a server, and resolves when it has ended: by SIGINT or SIGTERM, by `signal`, or by itself. */
export async function runUntilStopped(
  start: () => Promise<RunningServer>,
  signal?: AbortSignal,
): Promise<void> {
  const stopping = new AbortController();
  function stop(): void {
    stopping.abort();
  }
  // Before anything is reported: who reads that it listens may stop it at once.
  const signals = stopSignals();
  for (const name of signals) system.addSignalListener(name, stop);
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  try {
    const server = await start();
    stopping.signal.addEventListener("abort", () => server.close());
    if (stopping.signal.aborted) server.close();
    await server.finished;
  } finally {
    for (const name of signals) system.removeSignalListener(name, stop);
    signal?.removeEventListener("abort", stop);
  }
}

/** Windows knows no SIGTERM. */
function stopSignals(): readonly SystemSignal[] {
  if (system.build.os === "windows") return ["SIGINT"];
  keepIgnoringHangup();
  return ["SIGINT", "SIGTERM"];
}
