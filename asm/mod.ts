// The room of the framing core, which becomes WASM: numbers and bytes only. This
// file is the list of what it exports, and nothing else.
//
// This room imports nothing. Bytes come in at RECEIVE in its memory, and records
// of what they are go out; payloads come in and packets go out at SEND
// (`asm/README.md` draws the memory).
export { headerReceived } from "./begun_packet";
export { isBehindGoodbye } from "./control";
export { listOpenIds } from "./open_messages";
export { packetize, writeHeader } from "./packetizer";
export {
  packetMessageId,
  partCount,
  payloadMissing,
  payloadSize,
  payloadSlot,
  receive,
  receivedCost,
  receiveElsewhere,
  receiveStatus,
  reset,
  resume,
} from "./reassembler";
export { restore, save } from "./saved_stream";
