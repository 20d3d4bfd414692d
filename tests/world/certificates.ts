/**
 * A certificate for 127.0.0.1 by a CA of this run, for programs that want
 * files.
 *
 * @module
 */
import { keyOfPem } from "../../src/transport/certificate.ts";

/** What programs and clients are given. */
export interface RunCertificate {
  /** The certificate, in PEM. */
  cert: string;
  /** Its private key, in PEM. */
  key: string;
  /** The file of its CA. */
  caFile: string;
  /** The key that clients pin. */
  spki: string;
}

async function openssl(folder: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", {
    args,
    cwd: folder,
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Makes both in `folder`, by openssl. */
export async function makeRunCertificate(
  folder: string,
): Promise<RunCertificate> {
  const curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(" ");
  await Deno.writeTextFile(
    `${folder}/names`,
    "subjectAltName=DNS:localhost,IP:127.0.0.1\n",
  );
  await openssl(
    folder,
    ...["req", "-x509", ...curve, "-subj", "/CN=lekt test CA"],
    ...["-days", "2", "-keyout", "ca.key", "-out", "ca.pem"],
  );
  await openssl(
    folder,
    ...["req", ...curve, "-subj", "/CN=localhost"],
    ...["-keyout", "key.pem", "-out", "request.pem"],
  );
  await openssl(
    folder,
    ...["x509", "-req", "-in", "request.pem", "-CA", "ca.pem"],
    ...["-CAkey", "ca.key", "-CAcreateserial", "-days", "2"],
    ...["-extfile", "names", "-out", "cert.pem"],
  );
  const cert = await Deno.readTextFile(`${folder}/cert.pem`);
  return {
    cert,
    key: await Deno.readTextFile(`${folder}/key.pem`),
    caFile: `${folder}/ca.pem`,
    spki: keyOfPem(cert),
  };
}
