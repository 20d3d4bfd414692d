/**
 * The user's own certificate for `tls` and `wss`.
 *
 * @module
 */
import {
  type Certificate,
  checkKeyPair,
  keyOfPem,
} from "../transport/certificate.ts";
import { createFile } from "../directory/atomic_file.ts";
import { LektError } from "../base/errors.ts";
import { fileReason } from "../base/reasons.ts";
import { isSystemError } from "../runtime/errors.ts";
import { system } from "../runtime/system.ts";

/** Bytes of the largest certificate file that is read. */
const FILE_SIZE_MAX = 64 * 1024;

/** What to do about a file that is damaged. */
const REMEDY =
  "bring back a copy of it, or move it away, and a new key is made";

const BLOCK = /-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----\n?/g;

/**
 * Reads the user's certificate from a file, and makes both at first use: PEM,
 * the certificate and its private key, mode 0600.
 *
 * @throws {LektError} `INVALID_ARGUMENT` where the file holds none, or where others may read it.
 */
export async function openCertificate(path: string): Promise<Certificate> {
  const text = await readFile(path);
  if (text !== undefined) return parse(text, path);
  // Only who has none waits until it is loaded.
  const { makeCertificate } = await import("../transport/make_certificate.ts");
  const { cert, key } = await makeCertificate();
  try {
    await createFile(path, `${cert.trim()}\n${key.trim()}\n`);
  } catch (error) {
    throw unusable(path, `it cannot be written: ${fileReason(error)}`, error);
  }
  // Another process may have been faster: what stands there now counts.
  return parse(await readFile(path) ?? "", path);
}

async function readFile(path: string): Promise<string | undefined> {
  try {
    const { size, mode, isFile } = await system.stat(path);
    if (!isFile) throw unusable(path, "it is not a file");
    if (size > FILE_SIZE_MAX) {
      throw unusable(
        path,
        `it has ${size} bytes, expected at most ${FILE_SIZE_MAX}; ${REMEDY}`,
      );
    }
    if (mode !== null && (mode & 0o077) !== 0) {
      const shown = (mode & 0o777).toString(8);
      throw unusable(
        path,
        `its mode is ${shown}, expected 600: chmod 600 makes it yours alone`,
      );
    }
    return await system.readTextFile(path);
  } catch (error) {
    if (isSystemError(error, "NotFound")) return undefined;
    if (error instanceof LektError) throw error;
    throw unusable(path, `it cannot be read: ${fileReason(error)}`, error);
  }
}

function parse(text: string, path: string): Certificate {
  const blocks = new Map(
    [...text.matchAll(BLOCK)].map(([block, label]) => [label, block]),
  );
  const cert = blocks.get("CERTIFICATE");
  const key = blocks.get("PRIVATE KEY");
  if (cert === undefined || key === undefined) {
    throw unusable(
      path,
      `it does not hold a certificate and its key; ${REMEDY}`,
    );
  }
  try {
    checkKeyPair(cert, key);
    return { cert, key, spki: keyOfPem(cert) };
  } catch (cause) {
    throw unusable(
      path,
      `its certificate or key is damaged, or they do not belong together; ${REMEDY}`,
      cause,
    );
  }
}

function unusable(path: string, state: string, cause?: unknown): LektError {
  return new LektError(
    "INVALID_ARGUMENT",
    `Cannot use the certificate file ${path}: ${state}`,
    { cause: cause ?? new Error(state) },
  );
}
