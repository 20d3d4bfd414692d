/**
 * What ends TLS in front of a program that speaks TCP, as stunnel does: an end
 * of one direction becomes an end there, whether TLS said so or was cut.
 *
 * @module
 */

/** Leads one TLS connection to a TCP port. */
export class TlsTerminator {
  /** Where it listens. */
  readonly port: number;
  /** Resolves when both directions have ended and all is closed. */
  readonly done: Promise<void>;

  /** Listens on a free port with this certificate. */
  constructor(backend: number, certificate: { cert: string; key: string }) {
    const { cert, key } = certificate;
    const listener = Deno.listenTls({
      hostname: "127.0.0.1",
      port: 0,
      cert,
      key,
    });
    this.port = listener.addr.port;
    this.done = serveOne(listener, backend);
  }
}

async function serveOne(
  listener: Deno.TlsListener,
  port: number,
): Promise<void> {
  using front = await listener.accept();
  listener.close();
  using back = await Deno.connect({ hostname: "127.0.0.1", port });
  back.setNoDelay(true);
  await Promise.all([pass(front, back), pass(back, front)]);
}

async function pass(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const bytes = new Uint8Array(64 * 1024);
  try {
    for (let size; (size = await from.read(bytes)) !== null;) {
      let offset = 0;
      while (offset < size) {
        offset += await to.write(bytes.subarray(offset, size));
      }
    }
  } catch {
    // A cut, which ends here.
  }
  await to.closeWrite().catch(() => {});
}
