/**
 * What the commands that serve others have in common: they run until they are
 * interrupted, and tell what happens.
 *
 * @module
 */
import { LektError } from "../../mod.ts";
import { harmless } from "../base/text.ts";
import type { MisbehaviourReport } from "../directory/mod.ts";
import { Misuse } from "./misuse.ts";
import type { Output } from "./output.ts";

/** Where it is told what happens. */
export interface ServerOutputs {
  /** Machine-readable: JSON lines on standard output. */
  readonly isJson: boolean;
  /** Standard output. */
  readonly stdout: Output;
  /** Standard error. */
  readonly stderr: Output;
}

/** Reports that all servers have. */
type CommonReport =
  | { event: "warning" | "failure"; message: string }
  | { event: "error"; code: string; message: string }
  | MisbehaviourReport;

/**
 * Runs a server.
 *
 * @param run Runs it until it is interrupted; calls what it is given for each report.
 * @param describe A report as a sentence for people; nothing where it is one that all servers have.
 * @return The exit status: 0 when it was interrupted, 1 when it could not run.
 * @throws {Misuse} Where the server finds an argument unusable.
 */
export async function runServer<Report extends { event: string }>(
  { isJson, stdout, stderr }: ServerOutputs,
  run: (report: (report: Report) => void) => Promise<void>,
  describe: (report: Report) => string | undefined,
): Promise<number> {
  function tell(report: Report | CommonReport): void {
    if (isJson) return stdout.write(`${JSON.stringify(report)}\n`);
    const text = describe(report as Report) ??
      describeCommon(report as CommonReport);
    stderr.write(`${text}\n`);
  }

  try {
    await run(tell);
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

function describeCommon(report: CommonReport): string {
  if (report.event === "misbehaviour") {
    const { address, rule, ruleId, leftOut } = report;
    const id = ruleId === undefined ? "" : ` (${ruleId})`;
    const others = leftOut > 0 ? `; ${leftOut} others were left out` : "";
    return `misbehaviour of ${harmless(address)}: ${rule}${id}${others}`;
  }
  const { event, message } = report;
  const what = event === "error" ? `error ${report.code}` : event;
  return `${what}: ${harmless(message)}`;
}
