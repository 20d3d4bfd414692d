/**
 * The identity that a program keeps in a file.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { fileReason } from "../base/reasons.ts";
import { isSystemError } from "../runtime/errors.ts";
import type { SystemFile } from "../runtime/files.ts";
import { system } from "../runtime/system.ts";
import { createFile } from "./atomic_file.ts";
import { type Identity, identityOf } from "./identity.ts";
import { isDigest } from "./names.ts";

/** The members of the key file, a JWK (RFC 8037). */
interface PrivateJwk {
  kty: "OKP";
  crv: "Ed25519";
  x: string;
  d: string;
}

/** Bytes of the largest key file that is read. */
const KEY_FILE_SIZE_MAX = 4096;

/** What to do about a file that is damaged. */
const REMEDY =
  "bring back a copy of it, or move it away, and a new key is made";

/**
 * Reads the user's identity from a file, and makes both at first use. Where
 * several processes do that at once, all get the same identity.
 *
 * @param path The key file; its folder is made where it is missing. The file is a JWK, with mode 0600.
 * @throws {LektError} `INVALID_ARGUMENT` where the file holds no key, or where others may read it.
 *
 * @example
 * ```ts
 * import { openIdentity } from "@lekt/lekt/directory";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const made = await openIdentity(`${folder}/lekt/key.json`);
 * const read = await openIdentity(`${folder}/lekt/key.json`);
 * assertEquals(read.thumbprint, made.thumbprint);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function openIdentity(path: string): Promise<Identity> {
  const text = await readKeyFile(path);
  if (text !== undefined) return await parseIdentity(text, path);
  try {
    await createFile(path, `${JSON.stringify(await generateJwk())}\n`);
  } catch (error) {
    throw unusable(path, `it cannot be written: ${fileReason(error)}`, error);
  }
  // Another process may have been faster: what stands there now is the identity.
  return await parseIdentity(await readKeyFile(path) ?? "", path);
}

async function readKeyFile(path: string): Promise<string | undefined> {
  let file: SystemFile;
  try {
    file = await system.open(path);
  } catch (error) {
    if (isSystemError(error, "NotFound")) return undefined;
    throw unusable(path, `it cannot be opened: ${fileReason(error)}`, error);
  }
  using _ = file;
  const { mode, size, isFile } = await file.stat();
  if (!isFile) throw unusable(path, "it is not a file");
  if (size > KEY_FILE_SIZE_MAX) {
    throw unusable(
      path,
      `it has ${size} bytes, expected at most ${KEY_FILE_SIZE_MAX}; ${REMEDY}`,
    );
  }
  if (mode !== null && (mode & 0o077) !== 0) {
    throw unusable(
      path,
      `its mode is ${
        (mode & 0o777).toString(8)
      }, expected 600: chmod 600 makes it yours alone`,
    );
  }
  return await readWhole(file, size);
}

/** At most `size` bytes, which are all where nobody writes. */
async function readWhole(file: SystemFile, size: number): Promise<string> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return new TextDecoder().decode(bytes.subarray(0, filled));
}

async function parseIdentity(text: string, path: string): Promise<Identity> {
  let jwk: unknown;
  try {
    jwk = JSON.parse(text);
  } catch (cause) {
    throw unusable(path, `it is not JSON; ${REMEDY}`, cause);
  }
  if (!isPrivateJwk(jwk)) {
    throw unusable(path, `it holds no Ed25519 key; ${REMEDY}`);
  }
  try {
    return await importIdentity(jwk);
  } catch (cause) {
    throw unusable(path, `its key cannot be imported; ${REMEDY}`, cause);
  }
}

async function generateJwk(): Promise<PrivateJwk> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const { x, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  return { kty: "OKP", crv: "Ed25519", x: x!, d: d! };
}

async function importIdentity(
  { kty, crv, x, d }: PrivateJwk,
): Promise<Identity> {
  const jwk = { kty, crv, x, d };
  const algorithm = "Ed25519";
  return await identityOf(
    x,
    await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["sign"]),
  );
}

function isPrivateJwk(value: unknown): value is PrivateJwk {
  if (typeof value !== "object" || value === null) return false;
  const { kty, crv, x, d } = value as Partial<PrivateJwk>;
  return kty === "OKP" && crv === "Ed25519" && isDigest(x) && isDigest(d);
}

function unusable(path: string, state: string, cause?: unknown): LektError {
  return new LektError(
    "INVALID_ARGUMENT",
    `Cannot use the key file ${path}: ${state}`,
    cause === undefined ? {} : { cause },
  );
}
