/**
 * Browsers that are there, and pages opened in them, each in a profile of its own.
 *
 * @module
 */
import { createHash, X509Certificate } from "node:crypto";
import type { Certificate } from "../../src/transport/certificate.ts";

/** A browser, and how it opens a page in a profile of its own. */
export interface BrowserProgram {
  /** What people call it. */
  readonly name: string;
  /** Where it is; `undefined` where it is not there. */
  readonly path: string | undefined;
  /** What it is told besides the page. */
  args(folder: string, tls?: Certificate): string[];
  /** Gets the profile ready. */
  prepare?(folder: string, tls: Certificate, hosts: readonly string[]): void;
}

/** What a page is opened with. */
export interface OpenOptions {
  /** The page. */
  readonly url: string;
  /** A certificate to trust, and the hosts with their ports that show it. */
  readonly tls?: Certificate | undefined;
  readonly hosts?: readonly string[];
  /** What the browser is told besides. */
  readonly args?: readonly string[];
  /** Whether to read what it says on standard error. */
  readonly stderr?: "null" | "piped";
}

/** A page that is open; ends with its browser. */
export interface OpenPage extends AsyncDisposable {
  readonly process: Deno.ChildProcess;
}

export const CHROMIUM: BrowserProgram = {
  name: "Chromium",
  path: findProgram(["chromium", "chromium-browser", "google-chrome"]),
  args: (folder, tls) => [
    ...["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"],
    ...["--disable-background-networking", `--user-data-dir=${folder}`],
    ...(tls
      ? [`--ignore-certificate-errors-spki-list=${toBase64(tls.spki)}`]
      : []),
  ],
};

export const FIREFOX: BrowserProgram = {
  name: "Firefox",
  path: findProgram(["firefox-esr", "firefox"]),
  args: (folder) => ["--headless", "--no-remote", "--profile", folder],
  /** As where a person has looked at the certificate and gone on. */
  prepare(folder, { cert }, hosts) {
    const { raw } = new X509Certificate(cert);
    const print = createHash("sha256").update(raw).digest("hex").toUpperCase()
      .match(/../g)!.join(":");
    const sha256 = "OID.2.16.840.1.101.3.4.2.1";
    const lines = hosts.map((host) => `${host}:\t${sha256}\t${print}\t\n`);
    Deno.writeTextFileSync(`${folder}/cert_override.txt`, lines.join(""));
  },
};

function findProgram(names: readonly string[]): string | undefined {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of names) {
      try {
        if (Deno.statSync(`${folder}/${name}`).isFile) {
          return `${folder}/${name}`;
        }
      } catch {
        // Not there.
      }
    }
  }
  return undefined;
}

/** base64 of what is base64url. */
function toBase64(text: string): string {
  return `${text.replaceAll("-", "+").replaceAll("_", "/")}=`;
}

/** Opens a page. */
export async function openPage(
  { path, args, prepare }: BrowserProgram,
  { url, tls, hosts = [], args: more = [], stderr = "null" }: OpenOptions,
): Promise<OpenPage> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-browser-" });
  if (tls) prepare?.(folder, tls, hosts);
  const process = new Deno.Command(path!, {
    args: [...args(folder, tls), ...more, url],
    env: { HOME: folder },
    stdin: "null",
    stdout: "null",
    stderr,
  }).spawn();
  return {
    process,
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await process.status;
      // It may still be writing there.
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    },
  };
}
