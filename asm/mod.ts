// The export list of the core, and nothing else.
export { listOpenIds } from "./open_messages";
export { packetize, writeHeader } from "./packetizer";
export {
  headerReceived,
  packetMessageId,
  payloadMissing,
  payloadSize,
  payloadSlot,
  receive,
  receiveElsewhere,
  receiveStatus,
  reset,
} from "./reassembler";
