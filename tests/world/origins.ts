/**
 * Whether the name of a page that opens a WebSocket gets through.
 *
 * @module
 */
import type { RunCertificate } from "./certificates.ts";

/** Asks for a WebSocket as a page would that is not let in; by hand, since programs send no Origin. */
export async function checkOrigins(
  port: number,
  { caFile }: RunCertificate,
): Promise<string> {
  const statuses: string[] = [];
  for (const origin of [undefined, "https://evil.example"]) {
    using socket = await Deno.connectTls({
      hostname: "127.0.0.1",
      port,
      caCerts: [await Deno.readTextFile(caFile)],
    });
    const lines = [
      "GET /lekt HTTP/1.1",
      `Host: 127.0.0.1:${port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Protocol: lekt",
      ...(origin === undefined ? [] : [`Origin: ${origin}`]),
    ];
    const request = lines.map((line) => `${line}\r\n`).join("");
    await socket.write(new TextEncoder().encode(`${request}\r\n`));
    const answer = new Uint8Array(4_096);
    const size = await socket.read(answer) ?? 0;
    const text = new TextDecoder().decode(answer.subarray(0, size));
    statuses.push(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? "nothing");
  }
  return `${statuses}` === "101,403" ? "ok" : `answered ${statuses}`;
}
