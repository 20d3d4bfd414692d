/**
 * The user's own certificate for `tls` and `wss`.
 *
 * @module
 */
import {
  type Certificate,
  keyOfPem,
  makeCertificate,
} from "../transport/make_certificate.ts";
import { createFile } from "../directory/atomic_file.ts";
import { LektError } from "../base/errors.ts";

/** Bytes of the largest certificate file that is read. */
const FILE_SIZE_MAX = 64 * 1024;

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
  const { cert, key } = await makeCertificate();
  try {
    await createFile(path, `${cert.trim()}\n${key.trim()}\n`);
  } catch (error) {
    throw unusable(path, "it cannot be written", error);
  }
  // Another process may have been faster: what stands there now counts.
  return parse(await readFile(path) ?? "", path);
}

async function readFile(path: string): Promise<string | undefined> {
  try {
    const { size, mode } = await Deno.stat(path);
    if (size > FILE_SIZE_MAX) throw unusable(path, `it has ${size} bytes`);
    if (mode !== null && (mode & 0o077) !== 0) {
      const shown = (mode & 0o777).toString(8);
      throw unusable(path, `its mode is ${shown}, expected 600`);
    }
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof LektError) throw error;
    throw unusable(path, "it cannot be read", error);
  }
}

function parse(text: string, path: string): Certificate {
  const blocks = new Map(
    [...text.matchAll(BLOCK)].map(([block, label]) => [label, block]),
  );
  const cert = blocks.get("CERTIFICATE");
  const key = blocks.get("PRIVATE KEY");
  if (cert === undefined || key === undefined) {
    throw unusable(path, "it does not hold a certificate and its key");
  }
  return { cert, key, spki: keyOfPem(cert) };
}

function unusable(path: string, state: string, cause?: unknown): LektError {
  return new LektError(
    "INVALID_ARGUMENT",
    `Cannot use the certificate file ${path}: ${state}`,
    { cause: cause ?? new Error(state) },
  );
}
