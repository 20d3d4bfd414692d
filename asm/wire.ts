/**
 * The layout of packets and the ceilings of the core (`PROTOCOL.md`, sections 5
 * and 10): plain constants, read by the AssemblyScript compiler and by Deno.
 *
 * @module
 */

/** Bytes of a packet header: message id, message part, length. */
export const PACKET_HEADER_SIZE = 12;

/** Offset of the message part field in a packet header. */
export const PART_OFFSET = 4;

/** Offset of the length field in a packet header. */
export const LENGTH_OFFSET = 8;

/** Bit 31 of the part field: another part follows. */
export const MORE_BIT = 0x8000_0000;

/** The highest index of an ordinary part, which is always a last one. */
export const PART_INDEX_MAX = 0x7fff_fffe;

/** The part field of an Abort packet. */
export const ABORT_PART = 0x7fff_ffff;

/** The part field of a control packet; in version 1.0 it is kept for later. */
export const CONTROL_PART = 0xffff_ffff;

/** Bytes of the longest body of a control packet, its kind included. */
export const CONTROL_BODY_SIZE_MAX = 1040;

/** Offset of the kind in a control packet, right behind its header. */
export const CONTROL_KIND_OFFSET = 12;

/** Kind of a control packet: answer with a Pong. */
export const CONTROL_PING = 1;

/** Kind: the answer to the latest Ping. */
export const CONTROL_PONG = 2;

/** Kind: how much may be sent on the connection. */
export const CONTROL_WINDOW = 3;

/** Kind: no more of a message is wanted. */
export const CONTROL_STOP = 4;

/** Kind: say when the application has taken a message. */
export const CONTROL_CONFIRM = 5;

/** Kind: the application has taken a message, or it was dropped. */
export const CONTROL_CONFIRMED = 6;

/** Kind: no message follows. */
export const CONTROL_GOODBYE = 7;

/** Kind: how much of a message may be sent. */
export const CONTROL_MESSAGE_WINDOW = 8;

/** What a packet of a message costs of the windows besides its bytes. */
export const PACKET_COST = 32;

/** Bytes of the longest reason in an Abort, a Stop or a Goodbye. */
export const REASON_SIZE_MAX = 1023;

/** Messages that may be open at once in one direction. */
export const OPEN_COUNT_MAX = 1024;

/** The slot of a message whose one and only packet is under way. */
export const SINGLE_SLOT = 1024;

/** Bytes of the region that a transport reads into. */
export const RECEIVE_SIZE = 0x4_0000;

/** Regions for sending: one is filled while the other is written. */
export const SEND_REGION_COUNT = 2;

/** Bytes of one region for sending: a packet with the largest payload, and room for small ones. */
export const SEND_SIZE = 0x4_4000;

/** Bytes of payload in one packet, at most, when sending. */
export const PART_SIZE_MAX = 0x4_0000;

/** Where the ids of all open messages stand in memory, where someone asked for them. */
export const OPEN_IDS_OFFSET = 0x4000;

/** Where the state of a stream stands in memory while it is saved or restored. */
export const SAVED_OFFSET = 0x6000;

/** Where the records stand in memory. */
export const RECORDS_OFFSET = 0x1_0000;

/** Where the region that a transport reads into stands in memory. */
export const RECEIVE_OFFSET = 0x7_0000;

/** Where the regions for sending stand in memory, one behind the other. */
export const SEND_OFFSET = 0xb_0000;

/** Bytes of one record of what a call to `receive` found: four 32-bit numbers. */
export const RECORD_SIZE = 16;

/** Record, bit 0 of the first number: the message begins here. */
export const RECORD_FIRST = 1;

/** Record, bit 1 of the first number: the message ends here. */
export const RECORD_LAST = 2;

/** Record, bit 2 of the first number: the bytes are the reason of an Abort. */
export const RECORD_ABORT = 4;

/** Record, bit 3 of the first number: a control packet; its kind stands in place of the slot, and the third number is an address in memory. */
export const RECORD_CONTROL = 8;

/** Record: the slot stands above this many bits of the first number. */
export const RECORD_SLOT_SHIFT = 8;
