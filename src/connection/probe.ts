/**
 * Asking the other side whether it is there, when somebody wants to know.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { TIMER_MS_MAX } from "../base/limits.ts";
import { closedError } from "../session/end_errors.ts";
import { setDeadline } from "./deadlines.ts";
import type { Driver } from "./driver.ts";
import { yieldToArrivals } from "../transport/yield.ts";

/** Makes what `Connection.probe` does, once for a connection: those who ask at the same time share one Ping. */
export function makeProbe(
  driver: Driver,
): (timeoutMs: number) => Promise<number> {
  const link = driver.session.link!;
  const waiting = new Set<(error?: LektError) => void>();
  let end: LektError | undefined;
  let startMs: number;
  let pingCount: number;

  const settle = (): void => {
    for (const each of waiting) each(end);
  };

  link.onPong = () => {
    if (link.liveness.isAnswered(pingCount)) settle();
  };
  driver.closed.then(({ error }) => {
    end = error ?? closedError();
    settle();
  });

  return (timeoutMs) =>
    new Promise((resolve, reject) => {
      const fault = faultOf(timeoutMs, driver.session.versionMinor) ?? end;
      if (fault) throw fault;
      function take(error?: LektError): void {
        waiting.delete(take);
        deadline.clear();
        if (error) reject(error);
        else resolve(performance.now() - startMs);
      }
      const deadline = setDeadline(async () => {
        // A machine that is busy is not silence.
        await yieldToArrivals();
        take(
          driver.session.error ??
            new LektError(
              "TIMEOUT",
              `The other side did not answer in ${timeoutMs} ms`,
            ),
        );
      }, timeoutMs);
      if (waiting.size === 0) {
        startMs = performance.now();
        pingCount = link.ping(startMs);
        driver.scheduleWrite();
      }
      waiting.add(take);
    });
}

/** Why nobody can be asked, or not for so long. */
function faultOf(
  timeoutMs: unknown,
  versionMinor: number,
): LektError | undefined {
  const isTime = typeof timeoutMs === "number" && timeoutMs > 0 &&
    timeoutMs <= TIMER_MS_MAX;
  if (!isTime) {
    return new LektError(
      "INVALID_ARGUMENT",
      `Cannot probe for ${timeoutMs} ms: expected 1 to ${TIMER_MS_MAX}`,
    );
  }
  if (versionMinor === 0) {
    return new LektError(
      "UNSUPPORTED",
      "Cannot probe: the other side speaks version 1.0 of the protocol",
    );
  }
  return undefined;
}
