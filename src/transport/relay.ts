/**
 * Dialling connection method `relay`: TLS 1.3 from end to end, inside of a
 * WebSocket to a relay, which passes its bytes on.
 *
 * @module
 */
import type { RelayMethod } from "./method.ts";
import type { Transport } from "./transport.ts";
import { dialError } from "./failure.ts";
import { openRelaySocket, type RelayPathOptions } from "./relay_socket.ts";
import { CALL_MESSAGE_SIZE_MAX, CALL_PATH } from "./relay_wire.ts";
import { secureDialled, type TlsDialOptions } from "./tls.ts";
import { WebSocketTransport } from "./websocket_stream.ts";

/** What the listener's certificate would have to name; it is judged by its key alone. */
const SERVER_NAME = "lekt.invalid";

/**
 * Connects to a `relay` method. `caCerts` are for the relay; `cert`, `key` and
 * `pinnedKey` for the listener behind it.
 *
 * @throws {LektError} `UNREACHABLE`, with what stopped it as `cause`; the
 * signal's reason where `signal` fired.
 */
export async function dialRelay(
  method: RelayMethod,
  options: TlsDialOptions = {},
): Promise<Transport> {
  const { pinnedKey, signal, cert, key } = options;
  if (pinnedKey === undefined) {
    const reason =
      "a relay is not trusted, so the key that the listener must prove has to be named (pinnedKey), or found by a directory";
    throw dialError(method, new Error(reason), reason);
  }
  const { connection, address } = await openCall(method, options);
  return await secureDialled(
    { connection, address },
    { method, host: SERVER_NAME },
    {
      pinnedKey,
      ...(signal === undefined ? {} : { signal }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  );
}

/** Calls a listener; what comes through is not protected from the relay. */
async function openCall(
  method: RelayMethod,
  options: RelayPathOptions,
): Promise<{ connection: Transport; address: string }> {
  const connection = await openRelaySocket(
    method,
    CALL_PATH + method.thumbprint,
    { ...options, maxPayload: CALL_MESSAGE_SIZE_MAX },
    (socket, address) => new WebSocketTransport(socket, { address }),
  );
  return { connection, address: connection.address };
}
