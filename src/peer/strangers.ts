/**
 * Of strangers who break the protocol a person, or a log, hears no more than
 * either can bear.
 *
 * @module
 */
import { LineLimit } from "../base/line_limit.ts";
import { hostKey } from "../transport/address_key.ts";
import { LektError, type Remote } from "../../mod.ts";
import { hasLeftUnnamed } from "./faults.ts";

/** Decides what is told of those who did not become a conversation. */
export class Strangers {
  readonly #limit = new LineLimit();

  /** The error to tell of, with how many were left out since the last one; `undefined` where there is nothing to tell. */
  errorToTell(error: LektError, remote: Remote): LektError | undefined {
    if (hasLeftUnnamed(error, remote)) return undefined;
    const { code, message, cause } = error;
    if (code !== "PROTOCOL" && code !== "LIMIT") return error;
    const key = hostKey(remote.address);
    const leftOut = this.#limit.take(key, performance.now());
    if (leftOut === undefined) return undefined;
    if (leftOut === 0) return error;
    const text = `${message} (${leftOut} more were left out)`;
    return new LektError(code, text, { cause });
  }
}
