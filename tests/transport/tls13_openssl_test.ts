// TLS by script with a listener of OpenSSL's own, over TCP: its certificates, curves and habits.
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { parseMethod, type TcpMethod } from "../../src/transport/method.ts";
import { dialTcp } from "../../src/transport/tcp.ts";
import { secureInScript } from "../../src/transport/tls13_client.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { shownBy } from "../helpers/program_output.ts";
import { within } from "./compliance.ts";

const HAS_OPENSSL = await run(["version"]).then(() => true, () => false);

if (!HAS_OPENSSL) {
  console.warn(
    "\n*** SKIPPED: no openssl on the PATH: TLS by script is not tried with it (Debian: apt-get install openssl) ***\n",
  );
}

/** Keys, as `openssl genpkey` makes them. */
const KEYS = {
  "P-256": ["EC", "ec_paramgen_curve:P-256"],
  "P-384": ["EC", "ec_paramgen_curve:P-384"],
  "P-521": ["EC", "ec_paramgen_curve:P-521"],
  "RSA 2048": ["RSA", "rsa_keygen_bits:2048"],
  "RSA 3072": ["RSA", "rsa_keygen_bits:3072"],
  "RSA for PSS alone": ["RSA-PSS", "rsa_keygen_bits:2048"],
  Ed25519: ["ED25519"],
  Ed448: ["ED448"],
} as const;

type KeyName = keyof typeof KEYS;

async function run(args: readonly string[]): Promise<Uint8Array> {
  const { success, stdout, stderr } = await new Deno.Command("openssl", {
    args: [...args],
    stdin: "null",
  }).output();
  if (success) return stdout;
  throw new Error(new TextDecoder().decode(stderr));
}

/** A certificate with a key of that kind, in a folder; what to pin of it. */
async function certify(folder: string, name: KeyName): Promise<string> {
  const [algorithm, option] = KEYS[name];
  const key = `${folder}/key.pem`;
  await run([
    ...["genpkey", "-algorithm", algorithm, "-out", key],
    ...(option === undefined ? [] : ["-pkeyopt", option]),
  ]);
  await run([
    ...["req", "-x509", "-key", key, "-out", `${folder}/cert.pem`],
    ...["-subj", "/CN=bob.example", "-days", "2"],
  ]);
  const spki = await run(["pkey", "-in", key, "-pubout", "-outform", "DER"]);
  return createHash("sha256").update(spki).digest("base64url");
}

/** A listener of OpenSSL's for one client. */
class OpenSsl implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #folder: string;
  readonly #spki: string;
  readonly #port: number;

  private constructor(
    process: Deno.ChildProcess,
    folder: string,
    spki: string,
    port: number,
  ) {
    this.#process = process;
    this.#folder = folder;
    this.#spki = spki;
    this.#port = port;
  }

  static async start(key: KeyName, args: string[] = []): Promise<OpenSsl> {
    const folder = await Deno.makeTempDir({ prefix: "lekt-openssl-" });
    const spki = await certify(folder, key);
    const process = new Deno.Command("openssl", {
      args: [
        ...["s_server", "-accept", "127.0.0.1:0", "-naccept", "1"],
        ...["-cert", "cert.pem", "-key", "key.pem", ...args],
      ],
      cwd: folder,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const [, port] = await within(
      shownBy(process, /^ACCEPT \S+:(\d+)$/m),
      "a listener of OpenSSL",
    );
    return new OpenSsl(process, folder, spki, Number(port));
  }

  /** Connects; the TCP connection is closed where that fails. */
  async connect(): Promise<Transport> {
    const method = parseMethod(`tcp://127.0.0.1:${this.#port}`) as TcpMethod;
    const below = await dialTcp(method);
    try {
      return await within(
        secureInScript(below, this.#spki),
        "the handshake",
      );
    } catch (error) {
      below.close();
      throw error;
    }
  }

  /** What somebody types there: `K` asks for new keys of both sides. */
  async type(text: string): Promise<void> {
    const writer = this.#process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    writer.releaseLock();
  }

  shows(pattern: RegExp): Promise<unknown> {
    return within(shownBy(this.#process, pattern), `${pattern} of OpenSSL`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#process.stdin.close().catch(() => {});
    await this.#process.stdout.cancel();
    await this.#process.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

async function readLine(transport: Transport): Promise<string> {
  const decoder = new TextDecoder();
  const into = new Uint8Array(20_000);
  let text = "";
  while (!text.endsWith("\n")) {
    const size = await within(transport.read(into), "a line");
    if (size === null) throw new Error(`It ended behind ${text}`);
    text += decoder.decode(into.subarray(0, size), { stream: true });
  }
  return text;
}

async function writeLine(transport: Transport, line: string): Promise<void> {
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let at = 0; at < bytes.length;) {
    at += await transport.write(bytes.subarray(at));
  }
}

/** Says a line of so many letters, and hears it backwards. */
async function assertEchoes(
  transport: Transport,
  size: number,
): Promise<void> {
  const line = "abcdefghi".repeat(Math.ceil(size / 9)).slice(0, size);
  await writeLine(transport, line);
  assertEquals(await readLine(transport), `${[...line].reverse().join("")}\n`);
}

const REVERSE = ["-rev"];

/** What works, by the key and what OpenSSL is told besides. */
const WORKING: readonly [name: string, key: KeyName, args: string[]][] = [
  ["a key on P-256", "P-256", []],
  ["a key on P-384", "P-384", []],
  ["an RSA key of 2048 bits", "RSA 2048", []],
  ["an RSA key of 3072 bits", "RSA 3072", []],
  ["an Ed25519 key", "Ed25519", []],
  ["a curve that it likes better", "P-256", ["-groups", "X25519:P-384:P-256"]],
  ["padded records", "P-256", ["-record_padding", "512"]],
  ["short records", "P-256", ["-max_send_frag", "512"]],
  ["no tickets", "P-256", ["-num_tickets", "0"]],
  ["many tickets", "P-256", ["-num_tickets", "8"]],
  ["a question for a certificate", "P-256", ["-verify", "1"]],
  ["middlebox compatibility off", "P-256", ["-no_middlebox"]],
];

for (const [name, key, args] of WORKING) {
  Deno.test({
    name: `TLS by script talks with OpenSSL: ${name}`,
    ignore: !HAS_OPENSSL,
    async fn() {
      await using openssl = await OpenSsl.start(key, [...REVERSE, ...args]);
      const transport = await openssl.connect();
      // OpenSSL's echo takes lines of 16 KiB at most.
      for (const size of [1, 5_000, 16_000]) {
        await assertEchoes(transport, size);
      }
      transport.close();
    },
  });
}

Deno.test({
  name: "TLS by script goes on when OpenSSL asks for new keys",
  ignore: !HAS_OPENSSL,
  async fn() {
    await using openssl = await OpenSsl.start("P-256", ["-msg"]);
    const transport = await openssl.connect();
    // Whoever reads answers, too.
    let reading = readLine(transport);
    for (const word of ["one", "two", "three"]) {
      await openssl.type(`${word}\n`);
      assertEquals(await reading, `${word}\n`);
      reading = readLine(transport);
      await writeLine(transport, `heard ${word}`);
      await openssl.shows(new RegExp(`heard ${word}\n`));
      await openssl.type("K\n");
      // What is typed before it has answered, OpenSSL takes for a part of that.
      await openssl.shows(/<<< TLS 1\.3, Handshake .*KeyUpdate/);
    }
    transport.close();
    await assertRejects(() => reading);
  },
});

/** What cannot work, and the alert that OpenSSL sends (RFC 8446, section 6). */
const REFUSED: readonly [
  name: string,
  key: KeyName,
  args: string[],
  alert: number,
][] = [
  ["a key on P-521", "P-521", [], 40],
  ["an Ed448 key", "Ed448", [], 40],
  ["an RSA key for PSS alone", "RSA for PSS alone", [], 40],
  ["TLS 1.2", "P-256", ["-tls1_2"], 70],
  ["X25519 alone", "P-256", ["-groups", "X25519"], 40],
  [
    "AES-256 alone",
    "P-256",
    ["-ciphersuites", "TLS_AES_256_GCM_SHA384"],
    40,
  ],
];

for (const [name, key, args, alert] of REFUSED) {
  Deno.test({
    name:
      `TLS by script and OpenSSL part where there is nothing in common: ${name}`,
    ignore: !HAS_OPENSSL,
    async fn() {
      await using openssl = await OpenSsl.start(key, args);
      const error = await assertRejects(() => openssl.connect(), Error);
      assertMatch(error.message, new RegExp(`\\(alert 2, ${alert}\\)$`));
    },
  });
}

Deno.test({
  name: "TLS by script leaves OpenSSL where it insists on a certificate",
  ignore: !HAS_OPENSSL,
  async fn() {
    await using openssl = await OpenSsl.start("P-256", [
      ...REVERSE,
      ...["-Verify", "1"],
    ]);
    // In TLS 1.3 the client is through before the listener has looked.
    await assertRejects(async () => {
      const transport = await openssl.connect();
      try {
        await writeLine(transport, "hello");
        await readLine(transport);
      } finally {
        transport.close();
      }
    }, Error);
  },
});
