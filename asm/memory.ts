// The memory map. Memory never grows, and untouched pages cost nothing.
//
//   0x000000  null page of 2 KiB, never used
//   0x000800  SLOT_IDS   id of each open message, by slot
//   0x001800  SLOT_NEXT  next part index of each open message, by slot
//   0x002800  SLOT_FREE  stack of free slots
//   0x003000  BUCKETS    hash table: slot + 1, or 0
//   0x004000  OPEN_IDS   ids of all open messages, where someone asked for them
//   0x005000  BEGUN      two places for a packet header, or a whole control
//                        packet, that came in pieces
//   0x006000  SAVED      the state of a stream on its way out or in
//   0x010000  RECORDS    what one call to `receive` found
//   0x070000  RECEIVE    what the transport read
//   0x0b0000  SEND       two regions: packets for the transport
//   0x138000  end
import {
  CONTROL_BODY_SIZE_MAX,
  OPEN_COUNT_MAX,
  OPEN_IDS_OFFSET,
  PACKET_HEADER_SIZE,
  RECEIVE_OFFSET,
  RECEIVE_SIZE,
  RECORD_SIZE,
  RECORDS_OFFSET,
  SAVED_OFFSET,
  SEND_OFFSET,
  SEND_REGION_COUNT,
  SEND_SIZE,
} from "./wire";

export const SLOT_IDS: usize = 0x800;
export const SLOT_NEXT: usize = 0x1800;
export const SLOT_FREE: usize = 0x2800;
export const BUCKETS: usize = 0x3000;
export const BUCKET_COUNT: u32 = 2048;
export const OPEN_IDS: usize = OPEN_IDS_OFFSET;
export const BEGUN: usize = 0x5000;
export const BEGUN_SIZE: usize = 0x800;
export const BEGUN_COUNT: usize = 2;
export const SAVED: usize = SAVED_OFFSET;
export const RECORDS: usize = RECORDS_OFFSET;
export const RECEIVE: usize = RECEIVE_OFFSET;
export const SEND: usize = SEND_OFFSET;
export const MEMORY_END: usize = 0x13_8000;

// A region full of the smallest packets, one piece of a packet that began in
// an earlier read, and one header that did.
const RECORD_COUNT_MAX = RECEIVE_SIZE / PACKET_HEADER_SIZE + 2;

// The most that is saved: some numbers, a packet that is not whole, and three
// numbers for each open message.
const SAVED_SIZE_MAX = 64 + BEGUN_SIZE + OPEN_COUNT_MAX * 12;

if (SLOT_NEXT - SLOT_IDS != OPEN_COUNT_MAX * 4) ERROR("SLOT_IDS has no room");
if (SLOT_FREE - SLOT_NEXT != OPEN_COUNT_MAX * 4) ERROR("SLOT_NEXT has no room");
if (BUCKETS - SLOT_FREE != OPEN_COUNT_MAX * 2) ERROR("SLOT_FREE has no room");
if (BUCKETS + BUCKET_COUNT * 2 > OPEN_IDS) ERROR("BUCKETS has no room");
if (OPEN_IDS + OPEN_COUNT_MAX * 4 > BEGUN) ERROR("OPEN_IDS has no room");
if (BEGUN + PACKET_HEADER_SIZE + CONTROL_BODY_SIZE_MAX > BEGUN + BEGUN_SIZE) {
  ERROR("BEGUN has no room");
}
if (BEGUN + BEGUN_SIZE * BEGUN_COUNT > SAVED) {
  ERROR("BEGUN has no room for all places");
}
if (SAVED + SAVED_SIZE_MAX > RECORDS) ERROR("SAVED has no room");
if (RECORDS + RECORD_COUNT_MAX * RECORD_SIZE > RECEIVE) {
  ERROR("RECORDS has no room for the worst case");
}
if (RECEIVE + RECEIVE_SIZE != SEND) ERROR("RECEIVE has the wrong size");
if (SEND + SEND_REGION_COUNT * SEND_SIZE != MEMORY_END) {
  ERROR("SEND has the wrong size");
}
