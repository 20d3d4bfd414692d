/**
 * The command `peer directory`: runs a directory and tells what happens to it.
 *
 * @module
 */
import {
  type DirectoryOptions,
  type DirectoryReport,
  LektError,
  runDirectory,
} from "../directory/mod.ts";
import { harmless } from "../base/text.ts";
import type { DirectoryServerSettings } from "./directory_settings.ts";
import { Misuse } from "./misuse.ts";
import type { Output } from "./output.ts";

/**
 * Runs a directory until it is interrupted.
 *
 * @return The exit status: 0 when it was interrupted, 1 when it could not run.
 * @throws {Misuse} Where the directory finds an argument unusable.
 */
export async function runDirectoryServer(
  { command: _, isJson, ...settings }: DirectoryServerSettings,
  stdout: Output,
  stderr: Output,
): Promise<number> {
  function tell(report: DirectoryReport | ErrorReport): void {
    if (isJson) stdout.write(`${JSON.stringify(report)}\n`);
    else stderr.write(`${describe(report)}\n`);
  }

  const options: DirectoryOptions = { ...settings, report: tell };
  try {
    await runDirectory(options);
    return 0;
  } catch (error) {
    if (!(error instanceof LektError)) throw error;
    const { code, message, cause } = error;
    // With a cause it is the system that refused, such as for a port that is taken.
    if (code === "INVALID_ARGUMENT" && cause === undefined) {
      throw new Misuse(harmless(message), { cause: error });
    }
    tell({ event: "error", code, message });
    return 1;
  }
}

/** Why a directory could not run. */
interface ErrorReport {
  event: "error";
  code: string;
  message: string;
}

function describe(report: DirectoryReport | ErrorReport): string {
  switch (report.event) {
    case "listening": {
      const [name = report.url] = report.origins;
      const also = name === report.url ? "" : `, known as ${name}`;
      return `The directory is at ${report.url}${also}`;
    }
    case "warning":
      return `warning: ${harmless(report.message)}`;
    case "failure":
      return `failure: ${harmless(report.message)}`;
    case "error":
      return `error ${report.code}: ${harmless(report.message)}`;
    case "closed":
      return "The directory has ended";
  }
}
