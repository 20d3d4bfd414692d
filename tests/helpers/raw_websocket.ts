/**
 * A WebSocket client by hand: it can break every rule.
 *
 * @module
 */

const OPCODES = { more: 0, text: 1, binary: 2, close: 8, ping: 9 } as const;

/** What a frame says of itself. */
export interface FrameOptions {
  /** What it is; `more` continues a message. */
  opcode: keyof typeof OPCODES;
  /** Whether it is the last frame of its message. Default: true. */
  isLast?: boolean;
  /** Whether it is masked, as a client's must be. Default: true. */
  isMasked?: boolean;
  /** The length that it announces. Default: the payload's. */
  announcedSize?: number;
}

/** One connection to a listener. */
export class RawWebSocket implements Disposable {
  readonly #connection: Deno.TcpConn;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Opens TCP, and nothing more. */
  static async connect(port: number): Promise<RawWebSocket> {
    return new RawWebSocket(
      await Deno.connect({ hostname: "127.0.0.1", port }),
    );
  }

  /** Opens TCP and asks for a WebSocket; returns it with the status of the answer. */
  static async request(
    port: number,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<[RawWebSocket, number]> {
    const socket = await RawWebSocket.connect(port);
    const lines = Object.entries({
      host: `127.0.0.1:${port}`,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-protocol": "lekt",
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    await socket.sendText(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
    const answer = await socket.receive();
    const head = new TextDecoder().decode(answer ?? new Uint8Array(0));
    return [socket, Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0)];
  }

  /** Opens a WebSocket in order. */
  static async open(port: number, path: string): Promise<RawWebSocket> {
    const [socket, status] = await RawWebSocket.request(port, path);
    if (status !== 101) throw new Error(`status is ${status}`);
    return socket;
  }

  /** Sends bare text. */
  async sendText(text: string): Promise<void> {
    await this.send(new TextEncoder().encode(text));
  }

  /** Sends bare bytes. */
  async send(bytes: Uint8Array): Promise<void> {
    let offset = 0;
    while (offset < bytes.byteLength) {
      offset += await this.#connection.write(bytes.subarray(offset));
    }
  }

  /** Sends one frame. */
  async sendFrame(payload: Uint8Array, options: FrameOptions): Promise<void> {
    await this.send(frame(payload, options));
  }

  /** What has arrived, or `null` at the end of TCP, in order or by a reset. */
  async receive(): Promise<Uint8Array | null> {
    const bytes = new Uint8Array(64 * 1024);
    try {
      const size = await this.#connection.read(bytes);
      return size === null ? null : bytes.subarray(0, size);
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return null;
      throw error;
    }
  }

  /** Reads to the end of TCP. */
  async receiveAll(): Promise<Uint8Array> {
    const all: number[] = [];
    let bytes: Uint8Array | null;
    while ((bytes = await this.receive()) !== null) all.push(...bytes);
    return new Uint8Array(all);
  }

  /** Closes TCP. */
  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

/** The bytes of a frame; its mask is zero, so that the payload stands as it is. */
export function frame(payload: Uint8Array, options: FrameOptions): Uint8Array {
  const { isLast = true, isMasked = true } = options;
  const size = options.announcedSize ?? payload.byteLength;
  const bytes = [(isLast ? 0x80 : 0) | OPCODES[options.opcode]];
  const mask = isMasked ? 0x80 : 0;
  if (size < 126) {
    bytes.push(mask | size);
  } else if (size < 0x1_0000) {
    bytes.push(mask | 126, size >> 8, size & 0xff);
  } else {
    bytes.push(mask | 127);
    for (let place = 7; place >= 0; place--) {
      bytes.push(Math.floor(size / 256 ** place) % 256);
    }
  }
  if (isMasked) bytes.push(0, 0, 0, 0);
  return new Uint8Array([...bytes, ...payload]);
}
