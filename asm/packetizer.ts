// Message -> packets (`PROTOCOL.md`, section 5).
import { moveDown, storeU32 } from "./bytes";
import { SEND } from "./memory";
import {
  LENGTH_OFFSET,
  MORE_BIT,
  PACKET_HEADER_SIZE,
  PART_INDEX_MAX,
  PART_OFFSET,
  PART_SIZE_MAX,
  SEND_REGION_COUNT,
  SEND_SIZE,
} from "./wire";

const SEND_TOTAL: u32 = SEND_REGION_COUNT * SEND_SIZE;

/** Writes a packet header at `offset` of the send regions. */
export function writeHeader(
  offset: u32,
  id: u32,
  part: u32,
  length: u32,
): void {
  assert(offset <= SEND_TOTAL - PACKET_HEADER_SIZE);
  const pointer = SEND + offset;
  storeU32(pointer, id);
  storeU32(pointer + PART_OFFSET, part);
  storeU32(pointer + LENGTH_OFFSET, length);
}

/**
 * Makes packets in place, from `offset` of the send regions on. The caller has
 * put the `size` bytes of payload where the packets will end, behind room for
 * one header a packet:
 *
 *     before   |  room for all headers  | aaaa bbbb cc |
 *     after    | head aaaa | head bbbb  |   head cc    |
 *
 * Each payload moves down to its place behind its header, and the last one is
 * there already; so a message of one packet is never moved. `lastPart` is the
 * part field of the last packet, which has MORE or not. Returns the bytes of
 * all packets.
 */
export function packetize(
  offset: u32,
  size: u32,
  id: u32,
  index: u32,
  partSize: u32,
  hasMore: bool,
): u32 {
  assert(partSize >= 1 && partSize <= <u32> PART_SIZE_MAX);
  assert(size <= SEND_TOTAL && offset <= SEND_TOTAL);
  const count: u32 = size == 0 ? 1 : (size + partSize - 1) / partSize;
  const total = count * PACKET_HEADER_SIZE + size;
  assert(total <= SEND_TOTAL - offset);
  assert(index <= <u32> PART_INDEX_MAX - (count - 1));
  let to = SEND + offset;
  let from = to + count * PACKET_HEADER_SIZE;
  // A header is stored in one go, with four bytes behind it that the payload
  // covers: it lies no nearer than a header behind them.
  let header = i32x4(bswap(id), 0, bswap(partSize), 0);
  for (let left = count - 1; left > 0; left--) {
    const part = bswap(index | <u32> MORE_BIT);
    header = i32x4.replace_lane(header, 1, part);
    v128.store(to, header);
    to += PACKET_HEADER_SIZE;
    moveDown(to, from, partSize);
    to += partSize;
    from += partSize;
    index++;
  }
  const length = size - (count - 1) * partSize;
  storeU32(to, id);
  storeU32(to + PART_OFFSET, hasMore ? index | <u32> MORE_BIT : index);
  storeU32(to + LENGTH_OFFSET, length);
  assert(from == to + PACKET_HEADER_SIZE);
  return total;
}
