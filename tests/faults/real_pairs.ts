/**
 * Byte streams over real sockets of this machine, one for each conversation.
 *
 * @module
 */
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { dial, listenOn } from "../../src/transport/dial.ts";
import { parseMethod } from "../../src/transport/method.ts";
import type {
  Transport,
  TransportListener,
} from "../../src/transport/transport.ts";

/** All that there are. */
export const SCHEMES = ["tcp", "tls", "unix", "ws", "wss"] as const;

/** Opens pairs by one connection method. */
export class RealPairs implements AsyncDisposable {
  #listener: TransportListener;
  #pinnedKey: string;
  #folder: string;

  private constructor(
    listener: TransportListener,
    pinnedKey: string,
    folder: string,
  ) {
    this.#listener = listener;
    this.#pinnedKey = pinnedKey;
    this.#folder = folder;
  }

  /** Listens by this scheme. */
  static async listen(scheme: typeof SCHEMES[number]): Promise<RealPairs> {
    const certificate = await makeCertificate();
    const folder = await Deno.makeTempDir();
    const method = scheme === "unix"
      ? `unix:${folder}/bob.sock`
      : `${scheme}://127.0.0.1:0`;
    const listener = await listenOn(parseMethod(method), certificate);
    return new RealPairs(listener, certificate.spki, folder);
  }

  /** The end that dialled, and the other one. */
  async open(): Promise<[Transport, Transport]> {
    const options = { pinnedKey: this.#pinnedKey };
    const { method } = this.#listener;
    const isTls = method.scheme === "tls" || method.scheme === "wss";
    const [dialled, accepted] = await Promise.all([
      dial(method, isTls ? options : {}),
      this.#listener.accept(),
    ]);
    return [dialled, accepted!];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener.close();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
