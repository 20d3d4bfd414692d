/**
 * This side at a relay.
 *
 * @module
 */
import type {
  Identity,
  ProxyOption,
  RelayReport,
  RelayUseOptions,
} from "../../mod.ts";
import { hostOf } from "./relay_words.ts";
import type { Reporter } from "./reporter.ts";

/** What it takes to wait at a relay. */
export interface RelayPresenceOptions {
  /** The relay. */
  readonly url: string;
  /** Whose place it is. */
  readonly identity: Identity;
  /** The proxy that leads there. */
  readonly proxy: ProxyOption | undefined;
  /** Whether nobody has asked for it by name, so that others must reach this side without it, too. */
  readonly isOptional: boolean;
  /** Shows what happens. */
  readonly reporter: Reporter;
}

/** What `listen` needs to wait at a relay. */
export function relayOption(
  { url, identity, proxy, isOptional, reporter }: RelayPresenceOptions,
): RelayUseOptions {
  let isFailing = false;
  return {
    url,
    identity,
    isOptional,
    ...(proxy === undefined ? {} : { proxy }),
    report(report: RelayReport): void {
      const wasFailing = isFailing;
      isFailing = report.event === "failing";
      if (report.event === "failing") {
        if (wasFailing) return;
        const { code, message } = report.error;
        reporter.emit({
          event: "error",
          code,
          message: `${message}; it is tried again until it succeeds`,
        });
      } else if (wasFailing) {
        reporter.note(`Reachable through the relay ${hostOf(url)} again`);
      }
    },
  };
}
