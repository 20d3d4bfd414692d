/**
 * The platform's cryptography.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";

/**
 * WebCrypto, where there is one.
 *
 * @throws {LektError} `INVALID_ARGUMENT` in web pages that came by plain `http:`, to which browsers deny it.
 */
export function subtleCrypto(): SubtleCrypto {
  // A page that came by plain http has none, whatever its type says.
  const subtle: SubtleCrypto | undefined = crypto.subtle;
  if (subtle) return subtle;
  throw new LektError(
    "INVALID_ARGUMENT",
    "Cannot use keys in this web page: it came by plain http; serve it over https, or from this machine",
  );
}
