/**
 * How the bytes of a message come to the application: collected, or as a
 * stream.
 *
 * @module
 */
import { LektError, messageOf } from "../base/errors.ts";
import type { IncomingMessage } from "../session/incoming_message.ts";

/** What a message needs of the connection that it came by. */
export interface MessageHost {
  /** Bytes of one message that may be collected. */
  readonly maxCollectedBytes: number;
  /** Whether the other side waits to hear of any message. */
  readonly owesAny: boolean;
  /** The application took bytes, of `message` where that is given, waits for more, or wants no more. */
  noteConsumed(message?: IncomingMessage): void;
  /** The application has taken a whole message, or will not get it. */
  settle(messageId: number, isTaken: boolean): void;
  /** The application wants no more of a message. */
  cancel(message: IncomingMessage, reason: string): void;
  /** The application is done with the message. */
  release(message: IncomingMessage): void;
}

/** The error of a message that is too long to be collected. */
export function collectError(messageId: number, host: MessageHost): LektError {
  return new LektError(
    "LIMIT",
    `Cannot collect message ${messageId}: it has more than ${host.maxCollectedBytes} bytes`,
    { messageId },
  );
}

/** All bytes of a message that is complete, for the application. */
export function joinIncoming(
  incoming: IncomingMessage,
  host: MessageHost,
): Uint8Array<ArrayBuffer> {
  const bytes = incoming.join();
  noteTaken(incoming, host);
  host.noteConsumed();
  return bytes;
}

/** Somebody has looked whether a message is complete, which is wanted as a whole then. Where its sender may have to wait for a reader, that is said; who only looks at all that comes asks for nothing. */
export function askForAll(incoming: IncomingMessage, host: MessageHost): void {
  const { isCollected, cost, allowed } = incoming;
  if (isCollected || cost < allowed / 2) return;
  incoming.isCollected = true;
  host.noteConsumed(incoming);
}

/** Collects a message that still arrives. */
export async function collect(
  incoming: IncomingMessage,
  host: MessageHost,
): Promise<Uint8Array<ArrayBuffer>> {
  incoming.isCollected = true;
  while (incoming.size <= host.maxCollectedBytes) {
    if (incoming.hasFailed) {
      host.release(incoming);
      throw incoming.error;
    }
    if (incoming.isComplete) return joinIncoming(incoming, host);
    await untilNews(incoming, host);
  }
  const error = collectError(incoming.id, host);
  dropIncoming(incoming, host, error);
  throw error;
}

/** The application has the whole message. */
function noteTaken(incoming: IncomingMessage, host: MessageHost): void {
  host.release(incoming);
  if (host.owesAny) host.settle(incoming.id, true);
}

function dropIncoming(
  incoming: IncomingMessage,
  host: MessageHost,
  reason: unknown,
): void {
  incoming.drop();
  host.release(incoming);
  if (!incoming.error) {
    host.cancel(incoming, messageOf(reason ?? ""));
  }
  host.noteConsumed();
}

/** Says that nothing more of a message is wanted. */
export function cancelIncoming(
  incoming: IncomingMessage,
  host: MessageHost,
  reason: unknown,
): void {
  const isTaken = incoming.isComplete && incoming.bufferedSize === 0 &&
    incoming.isBegun;
  if (incoming.hasFailed || incoming.isDropped || isTaken) return;
  dropIncoming(incoming, host, reason);
  incoming.fail(unwantedError(incoming.id));
}

/** The error of a message that this side has cancelled. */
export function unwantedError(messageId: number): LektError {
  return new LektError(
    "CANCELLED",
    `Cannot read message ${messageId}: this side has cancelled it`,
    { messageId },
  );
}

/** The body of a message that is complete. */
export function batchedBody(
  bytes: Uint8Array<ArrayBuffer>,
  claim: () => void,
  settle: (isTaken: boolean) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let rest = bytes;
  return new ReadableStream({
    type: "bytes",
    pull(controller): void {
      claim();
      const request = controller.byobRequest;
      const view = request?.view && bytesOf(request.view);
      // Copies: a byte stream takes the whole ArrayBuffer away.
      const chunk = rest.subarray(0, view ? view.length : rest.length);
      rest = rest.subarray(chunk.length);
      view?.set(chunk);
      if (chunk.length > 0) {
        if (request) request.respond(chunk.length);
        else controller.enqueue(chunk.slice());
      }
      if (rest.length > 0) return;
      settle(true);
      endBody(controller);
    },
    cancel(): void {
      claim();
      settle(false);
    },
  });
}

/** Ends a body of which everything was given. */
function endBody(controller: ReadableByteStreamController): void {
  // A later pull does: what still waits in the queue of the stream would not
  // be given to a read of at least more bytes, which would fail.
  if (controller.desiredSize! < 0) return;
  controller.close();
  // A read that is still pending gets what it has, however little.
  controller.byobRequest?.respond(0);
}

/** The body of a message that arrives, or has arrived, piece by piece. */
export function incomingBody(
  incoming: IncomingMessage,
  host: MessageHost,
  claim: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    type: "bytes",
    pull(controller): Promise<void> {
      claim();
      incoming.isCollected = false;
      return pull(incoming, host, controller);
    },
    cancel(reason): void {
      claim();
      dropIncoming(incoming, host, reason);
    },
  });
}

async function pull(
  incoming: IncomingMessage,
  host: MessageHost,
  controller: ReadableByteStreamController,
): Promise<void> {
  const request = controller.byobRequest;
  const view = request?.view && bytesOf(request.view);
  // Also where what it asks for is there already: then it may soon want more than that.
  if (view) incoming.hasOwnMemory = true;
  let size = 0;
  while (incoming.bufferedSize === 0 && size === 0 && !incoming.isComplete) {
    if (incoming.hasFailed) break;
    if (view) size = await readDirectly(incoming, view, host);
    else await untilNews(incoming, host);
  }
  if (incoming.hasFailed) {
    host.release(incoming);
    controller.error(incoming.error);
    return;
  }
  if (view && request) {
    size += incoming.read(view.subarray(size));
    if (size > 0) request.respond(size);
  } else {
    const chunk = incoming.shift();
    if (chunk) controller.enqueue(chunk);
  }
  host.noteConsumed(incoming);
  if (!incoming.isComplete || incoming.bufferedSize > 0) return;
  noteTaken(incoming, host);
  endBody(controller);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function untilNews(
  incoming: IncomingMessage,
  host: MessageHost,
): Promise<void> {
  return new Promise((resolve) => {
    incoming.onNews = resolve;
    host.noteConsumed(incoming);
  });
}

/** Has the next bytes put straight into the reader's memory; returns how many came. */
async function readDirectly(
  incoming: IncomingMessage,
  view: Uint8Array,
  host: MessageHost,
): Promise<number> {
  incoming.readInto = view;
  incoming.readSize = 0;
  await untilNews(incoming, host);
  incoming.readInto = undefined;
  return incoming.readSize;
}
