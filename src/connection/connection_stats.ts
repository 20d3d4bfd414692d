/**
 * What is counted of one connection.
 *
 * @module
 */

/** Counts of one connection, since its beginning, and what it is like now. */
export interface ConnectionStats {
  /** Messages that were taken over whole for sending. */
  messagesSent: number;
  /** Messages that arrived whole. */
  messagesReceived: number;
  /** Bytes written, headers included. */
  bytesSent: number;
  /** Bytes of packets that arrived, headers included. */
  bytesReceived: number;
  /** Bytes held for incomplete and unread messages, now. */
  bytesBuffered: number;
  /** Messages of this side that have begun and not ended, now. */
  messagesSending: number;
  /** Messages of the other side that have begun and not ended, now. */
  messagesReceiving: number;
  /** Bytes that were handed to `send` and wait for a window of the other side, now: because its application does not take what it has (version 1.1). */
  bytesHeldBack: number;
  /** Milliseconds since the last byte of the other side. */
  silentMs: number;
  /** Milliseconds that the last sign of life took that this side asked for, there and back; `undefined` where there was none yet (version 1.1). */
  roundTripMs: number | undefined;
}
